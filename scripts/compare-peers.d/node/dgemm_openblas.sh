# Not a tool against ours, but the best use of ours: what the library reaches of the FMA roof, in turn.
source "$checks_at/common.inc"
title="dgemm of the linked BLAS / FMA roof, 1 core" low=0.70 high=1.00
ours() { kernel compute_kernels "gemm/f64/threads:1/order/1024" FLOP/s; }
theirs() { kernel compute_kernels "fma/f64/$(highway_isa)/threads:1" FLOP/s; }
