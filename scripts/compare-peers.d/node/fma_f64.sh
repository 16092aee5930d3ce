# Ours and LIKWID's FMA roof, one core, the widest vectors.
source "$checks_at/common.inc"
title="FMA roof f64, 1 core / likwid-bench" low=0.97 high=1.05 needs=(likwid-bench)
test=peakflops_$(widest_isa)
usable() { likwid_has "$test"; }
ours() { kernel compute_kernels "fma/f64/$(highway_isa)/threads:1" FLOP/s; }
theirs() { likwid "Number of Flops" -t "$test" -w S0:16kB:1; }
