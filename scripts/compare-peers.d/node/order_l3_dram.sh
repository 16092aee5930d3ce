title="read L3 / read DRAM, 1 core" low=1.0 high=100 min_time=0.2
ours() { kernel memory_kernels "read/L3/threads:1" B/s; }
theirs() { kernel memory_kernels "read/DRAM/threads:1" B/s; }
