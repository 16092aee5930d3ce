# McCalpin's STREAM under the names it is built with; its stores are what its compiler chose.
stream=$(command -v stream_c.exe stream_c stream 2>/dev/null | head -n 1)
title="DRAM triad, all cores / STREAM" low=0.95 high=1.40 needs=("${stream:-stream}")
ours() { kernel memory_kernels "triad_nt/DRAM/threads:$(cores)" B/s; }
theirs() { OMP_NUM_THREADS=$(cores) OMP_PROC_BIND=close "$stream" | awk '/^Triad:/ { print $2 * 1e6 }'; }
