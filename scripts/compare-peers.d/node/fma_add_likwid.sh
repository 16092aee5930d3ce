# LIKWID has a kernel of FMA and ADD in turn for AMD's cores only, and not in every version; but it assembles kernels
# from the user's folder. So this one is ours, and LIKWID's are the timer, the threads and the counting.
title="FMA+ADD roof f64 / likwid, FMA and ADD" low=1.0 high=1.5 needs=(likwid-bench gcc)
source "$checks_at/common.inc"
usable() { likwid-bench -h 2>/dev/null | grep "dynamically loaded" >/dev/null || echo_and_fail "this likwid-bench loads no kernels"; }
echo_and_fail() { echo "$1"; return 1; }
prepare() {
  local register=ymm lanes=4 chains=6 chain
  grep -q -m1 avx512f /proc/cpuinfo && register=zmm lanes=8 chains=12
  local folder=$scratch/.likwid/bench/x86-64
  mkdir -p "$folder"
  {
    printf '%s\n' "STREAMS 1" "TYPE DOUBLE" "FLOPS $((3 * chains))" "BYTES 8" "DESC FMA and ADD in turn, $chains chains each" \
      "LOADS 1" "STORES 0" "INSTR_LOOP $((2 * chains + 4))" "UOPS $((2 * chains + 3))" \
      "vmovapd ${register}0, [rip+SCALAR]" "vmovapd ${register}1, ${register}0" "LOOP $lanes" "vmovapd ${register}2, [STR0 + GPR1*8]"
    for ((chain = 0; chain < chains; ++chain)); do
      printf 'vfmadd213pd %s%d, %s1, %s0\n' $register $((4 + chain)) $register $register
      printf 'vaddpd %s%d, %s%d, %s1\n' $register $((4 + chains + chain)) $register $((4 + chains + chain)) $register
    done
  } > "$folder/fma_add.ptt"
}
ours() { kernel compute_kernels "fma_add/f64/$(highway_isa)/threads:1" FLOP/s; }
theirs() { HOME=$scratch likwid "Number of Flops" -t fma_add -w S0:16kB:1; }
