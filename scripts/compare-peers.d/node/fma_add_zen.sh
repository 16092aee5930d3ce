# Only AMD's cores have add pipes beside those of FMA, and only LIKWID for them has the mixed kernel.
title="FMA+ADD roof f64 / likwid amd_zen" low=1.0 high=1.5 needs=(likwid-bench)
test=amd_zen_avx512_fma_add
usable() { likwid_has "$test"; }
ours() { kernel compute_kernels "fma_add/f64/AVX3/threads:1" FLOP/s; }
theirs() { likwid "Number of Flops" -t "$test" -w S0:16kB:1; }
