# Where additions share the pipes of FMA (Intel), half of each gives 1.5 FLOP an instruction instead of 2;
# where they have pipes of their own (AMD), 1.5 times the FMA roof.
source "$checks_at/common.inc"
title="FMA+ADD roof f64 / FMA roof, 1 core" low=0.72 high=0.77
grep -q -m1 AuthenticAMD /proc/cpuinfo && low=1.40 high=1.52
ours() { kernel compute_kernels "fma_add/f64/$(highway_isa)/threads:1" FLOP/s; }
theirs() { kernel compute_kernels "fma/f64/$(highway_isa)/threads:1" FLOP/s; }
