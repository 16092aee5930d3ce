#pragma once
/// @file
/// The sources of kernels that flop_kernels() puts together; each adds what this machine can run.

#include <vector>

#include "probes/compute/flop_kernel.hpp"

namespace assay::compute {

/// f64 and f32; fma, fma_add and fma_add_2_1; each chain count; every Highway target of this
/// machine.
void append_fma_kernels(std::vector<FlopKernel>& kernels);

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
