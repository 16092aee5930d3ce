title="triad NT / normal stores, DRAM, 1 core" low=1.0 high=2.0 min_time=0.2
ours() { kernel memory_kernels "triad_nt/DRAM/threads:1" B/s; }
theirs() { kernel memory_kernels "triad/DRAM/threads:1" B/s; }
