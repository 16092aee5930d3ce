title="DRAM read, all cores / likwid-bench load" low=0.90 high=1.10 needs=(likwid-bench) min_time=1.0
test=load_$(grep -q -m1 avx512f /proc/cpuinfo && echo avx512 || echo avx)
usable() { likwid_has "$test"; }
ours() { kernel memory_kernels "read/DRAM/threads:$(cores)" B/s; }
theirs() { likwid "Data volume (Byte)" -t "$test" -w "S0:2GB:$(cores)"; }
