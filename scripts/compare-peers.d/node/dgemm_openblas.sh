# Not a tool against ours, but the best use of ours: what the library reaches of the FMA roof, in turn. OpenBLAS
# chooses its kernels by the name of the core, which it does not always know: the fastest of them counts.
source "$checks_at/common.inc"
title="dgemm of the linked BLAS / FMA roof, 1 core" low=0 high=1.00
core_types() { [[ $(uname -m) == aarch64 ]] && echo ARMV8 NEOVERSEN1 NEOVERSEV1 || echo Haswell Zen SkylakeX Cooperlake Sapphirerapids; }
dgemm() { OPENBLAS_CORETYPE=$1 kernel compute_kernels "gemm/f64/threads:1/order/1024" FLOP/s; }
prepare() {
  core=$(for name in $(core_types); do
           printf '%s %s\n' "$(min_time=0.1 dgemm $name)" $name; done | sort -g | tail -n 1)
  core=${core#* }
}
ours() { dgemm "$core"; }
theirs() { kernel compute_kernels "fma/f64/$(highway_isa)/threads:1" FLOP/s; }
note() { printf '  kernels: %s%s\n' "$core" "$(mis_dispatched "$1")"; }
