#pragma once
/// @file
/// The sources of kernels that flop_kernels() puts together; each adds what this machine can run.

#include <vector>

#include "probes/compute/flop_kernel.hpp"

namespace assay::compute {

/// f64 and f32; fma, fma_add and fma_add_2_1; each chain count; every Highway target of this
/// machine.
void append_fma_kernels(std::vector<FlopKernel>& kernels);
/// bf16 and i8 by the instructions made for them; nothing where there are none.
void append_native_dot_kernels(std::vector<FlopKernel>& kernels);
/// bf16 and i8 by those of each Highway target.
void append_emulated_dot_kernels(std::vector<FlopKernel>& kernels);
/// bf16 and i8 in matrix tiles; nothing where amx_support() has none.
void append_amx_kernels(std::vector<FlopKernel>& kernels);

/// 1, which the compiler must not know.
[[nodiscard]] inline int opaque_one() {
  int one = 1;
  asm volatile("" : "+r"(one));
  return one;
}

/// Makes the compiler believe that the value is needed.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "m"(value) : "memory");
}

}  // namespace assay::compute
