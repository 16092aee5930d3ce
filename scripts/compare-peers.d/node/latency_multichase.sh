# Both: one load a line, a random ring over all of it, transparent huge pages, the mean.
title="latency, 1 GiB random / multichase" low=0.95 high=1.05 needs=(multichase)
ours() { kernel latency_kernels "random/1024MiB/threads:1" s/load; }
theirs() { taskset -c 0 multichase -a -X -H -s 64 -m 1g -T 1g -n 3 | awk '/^ *[0-9.]+$/ { print $1 * 1e-9 }'; }
