# The same program with BLIS put before the linked library, and the fastest of its kernels.
source "$checks_at/common.inc"
title="dgemm of BLIS / FMA roof, 1 core" low=0 high=1.00
blis=$(ls /usr/lib/*/blis-*/libblis.so.* /usr/lib/*/libblis.so.* 2>/dev/null | head -n 1)
usable() { [[ -n $blis ]] || { echo "no libblis"; return 1; }; }
dgemm() { BLIS_ARCH_TYPE=$1 LD_PRELOAD=$blis kernel compute_kernels "gemm/f64/threads:1/order/1024" FLOP/s; }
prepare() {
  core=$(for name in skx haswell zen3 zen2; do
           printf '%s %s\n' "$(min_time=0.1 dgemm $name)" $name; done | sort -g | tail -n 1)
  core=${core#* }
}
ours() { dgemm "$core"; }
theirs() { kernel compute_kernels "fma/f64/$(highway_isa)/threads:1" FLOP/s; }
note() { printf '  kernels: %s%s\n' "$core" "$(mis_dispatched "$1")"; }
