#pragma once
/// @file
/// One core's matrix product C = A B by the linked BLAS: 2 n^3 FLOP on square row-major matrices.
///
/// What a tuned library makes of the compute roof: memory hierarchy, packing and kernel choice
/// included. Every core multiplies matrices of its own with one BLAS thread, so that the number
/// does not depend on the library's threading. Not measured: the library's own multi-threading;
/// rectangular or small matrices.

#include <cstdint>
#include <vector>

#include "probes/core/units.hpp"

namespace assay::compute {

/// @tparam T double or float
template <class T>
class Gemm {
 public:
  /// Entries are drawn from [-1, 1) with a seed: no denormals, no overflow.
  explicit Gemm(int order);
  void run();
  /// Freivalds' check with a random vector x: C x = A (B x) within the rounding of an n-term sum.
  /// O(n^2); misses a wrong entry with vanishing probability.
  [[nodiscard]] bool verified() const;
  [[nodiscard]] Flops flops() const;
  [[nodiscard]] std::vector<T>& product() { return c_; }

 private:
  int order_;
  std::vector<T> a_, b_, c_;
};

/// Of the three matrices of one core.
[[nodiscard]] Bytes gemm_bytes(int order, std::size_t element_size);
/// The largest of `wanted`, wanted/2, ... at least 128 whose matrices on all cores fit into a
/// quarter of `cap`; 0 when none does.
[[nodiscard]] int gemm_order(int wanted, std::size_t element_size, int cores, Bytes cap);

extern template class Gemm<double>;
extern template class Gemm<float>;

}  // namespace assay::compute
