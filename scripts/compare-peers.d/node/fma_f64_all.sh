source "$checks_at/common.inc"
title="FMA roof f64, all cores / likwid-bench" low=0.97 high=1.05 needs=(likwid-bench)
test=peakflops_$(widest_isa)
usable() { likwid_has "$test"; }
ours() { kernel compute_kernels "fma/f64/$(highway_isa)/threads:$(cores)" FLOP/s; }
theirs() { likwid "Number of Flops" -t "$test" -w "S0:$((16 * $(cores)))kB:$(cores)"; }
