title="latency, 1 MiB random / plain chase" low=0.95 high=1.05
ours() { kernel latency_kernels "random/1MiB/threads:1" s/load; }
theirs() { taskset -c 0 "$build/kernels/plain_chase" 1; }
