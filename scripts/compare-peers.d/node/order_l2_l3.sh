title="read L2 / read L3, 1 core" low=1.0 high=100 min_time=0.2
ours() { kernel memory_kernels "read/L2/threads:1" B/s; }
theirs() { kernel memory_kernels "read/L3/threads:1" B/s; }
