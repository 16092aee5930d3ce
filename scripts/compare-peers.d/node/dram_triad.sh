title="DRAM triad NT, all cores / likwid stream_mem" low=0.95 high=1.10 needs=(likwid-bench)
test=stream_mem_$(grep -q -m1 avx512f /proc/cpuinfo && echo avx512 || echo avx)
usable() { likwid_has "$test"; }
min_time=2 # two regions of a second
ours() { kernel memory_kernels "triad_nt/DRAM/threads:$(cores)" B/s; }
theirs() { likwid "Data volume (Byte)" -t "$test" -w "S0:2GB:$(cores)"; }
