# One core's normal stores at their best beside LIKWID's loop: what 16 prefetched streams gain.
title="DRAM write, 1 core / likwid-bench store" low=1.0 high=2.0 needs=(likwid-bench) min_time=0.3
isa=$(grep -q -m1 avx512f /proc/cpuinfo && echo avx512 || echo avx)
usable() { likwid_has "store_$isa"; }
ours() { kernel memory_kernels "write_prefetched/DRAM/threads:1" B/s; }
theirs() { likwid "Data volume (Byte)" -t "store_$isa" -w S0:2GB:1; }
