title="L1 read, 1 core / likwid-bench load" low=0.95 high=1.05 needs=(likwid-bench)
test=load_$(grep -q -m1 avx512f /proc/cpuinfo && echo avx512 || echo avx)
usable() { likwid_has "$test"; }
ours() { kernel memory_kernels "read/L1/threads:1" B/s; }
theirs() { likwid "Data volume (Byte)" -t "$test" -w S0:24kB:1; }
