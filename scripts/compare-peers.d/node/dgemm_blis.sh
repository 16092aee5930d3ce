# The same program with BLIS put before the linked library.
source "$checks_at/common.inc"
title="dgemm of BLIS / FMA roof, 1 core" low=0.70 high=1.00
blis=$(ls /usr/lib/*/blis-*/libblis.so.* /usr/lib/*/libblis.so.* 2>/dev/null | head -n 1)
usable() { [[ -n $blis ]] || { echo "no libblis"; return 1; }; }
ours() { LD_PRELOAD=$blis kernel compute_kernels "gemm/f64/threads:1/order/1024" FLOP/s; }
theirs() { kernel compute_kernels "fma/f64/$(highway_isa)/threads:1" FLOP/s; }
