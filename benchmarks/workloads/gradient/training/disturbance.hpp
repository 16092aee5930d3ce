#pragma once
/// @file
/// A rank that is slower than the others, and noise on all of them, made on purpose: what a step
/// costs then, and whether the result names the slow rank.
///
/// Noise: each rank's compute is lengthened by max(0, s (4 + z)), z standard normal, independently.
/// The slowest of N exceeds the mean by s E[max of N normals], which grows as s sqrt(2 ln N), its
/// asymptote and upper bound (Hoefler, Schneider & Lumsdaine, SC'10, for noise that adds up so).

#include <cstdint>
#include <random>

#include "probes/core/clock.hpp"

namespace assay::workloads {

struct Disturbance {
  int slow_rank = -1;  ///< None.
  double slow_by = 0;  ///< 0.2: its compute takes 20 % longer.
  Seconds noise{0};    ///< s above.
  [[nodiscard]] bool is_any() const { return slow_rank >= 0 || noise.value() > 0; }
};

/// By how many standard deviations the noise lengthens every rank's compute on average.
inline constexpr double noise_offset = 4;

/// E[max of n standard normals], by quadrature. 0 for n = 1, 0.564 for 2, 1.029 for 4.
[[nodiscard]] double expected_maximum_of_normals(int n);

/// Makes this rank's part of a disturbance.
class Disturber {
 public:
  Disturber(const Disturbance& what, int rank)
      : slow_by_(rank == what.slow_rank ? what.slow_by : 0),
        noise_(what.noise),
        generator_(static_cast<std::uint64_t>(rank) + 1) {}
  /// After a part of the compute that took `computed`.
  void stretch(Seconds computed) const { wait(slow_by_ * computed); }
  /// Once a step.
  void add_noise();

 private:
  /// Busy, as a slow core would be.
  static void wait(Seconds time);
  double slow_by_;
  Seconds noise_;
  std::mt19937_64 generator_;
};

}  // namespace assay::workloads
