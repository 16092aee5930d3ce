title="write NT / normal stores, DRAM, 1 core" low=1.0 high=2.0 min_time=0.2
ours() { kernel memory_kernels "write_nt/DRAM/threads:1" B/s; }
theirs() { kernel memory_kernels "write/DRAM/threads:1" B/s; }
