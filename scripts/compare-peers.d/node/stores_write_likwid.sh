# What non-temporal stores gain over a loop of normal ones, ours beside LIKWID's.
title="write NT / normal, 1 core / likwid's" low=0.90 high=1.10 needs=(likwid-bench) min_time=0.3
isa=$(grep -q -m1 avx512f /proc/cpuinfo && echo avx512 || echo avx)
usable() { likwid_has "store_$isa" && likwid_has "store_mem_$isa"; }
gain() { awk -v streaming="$1" -v normal="$2" 'BEGIN { if (normal > 0) print streaming / normal }'; }
ours() {
  gain "$(kernel memory_kernels "write_nt/DRAM/threads:1" B/s)" "$(kernel memory_kernels "write/DRAM/threads:1" B/s)"
}
theirs() {
  gain "$(likwid "Data volume (Byte)" -t "store_mem_$isa" -w S0:2GB:1)" \
       "$(likwid "Data volume (Byte)" -t "store_$isa" -w S0:2GB:1)"
}
