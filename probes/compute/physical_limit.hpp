#pragma once
/// @file
/// Guards: a rate above what silicon can do is a failure, not a record; a roof bound by latency is
/// no roof.
///
/// Pure functions, no clock. The limit is in FLOP per cycle and accumulator lane, so that it does
/// not depend on the width of a vector:
///   limit = min(FMA pipes / share of FMA, add pipes / share of add) * FLOP per instruction
/// with the widest core shipped of each architecture: x86 has two FMA pipes, and two add pipes
/// beside them (AMD Zen); Arm cores up to six 128-bit pipes that do either; six is assumed
/// elsewhere. Source:       uops.info; vendors' optimization guides (Intel 248966, AMD 58455, Arm
/// Cortex-X925). Not covered:  matrix units; their kernels state their own limit.

#include <optional>
#include <span>
#include <string>

#include "probes/compute/flop_kernel.hpp"

namespace assay::compute {

/// Of the architecture this was compiled for.
[[nodiscard]] double pipe_limit(Operation operation, double flops_per_lane_of_dot = 0);

/// A measured value may pass its limit by this much before it is called impossible: what the clock,
/// measured just before and after the burst, can be off by.
inline constexpr double limit_tolerance = 1.04;

/// Why this rate cannot be, or nothing. `clock` is the highest seen during the whole measurement,
/// so that one disturbed reading of the clock cannot condemn a good roof.
[[nodiscard]] std::optional<std::string> impossible_rate(FlopsPerSecond best, int threads,
                                                         std::size_t lanes, Hertz clock,
                                                         double limit_flops_per_cycle);

/// The rate of one kernel with this many chains.
struct ChainPoint {
  int chains;
  FlopsPerSecond rate;
};
/// Why the best of a sweep is no roof, or nothing. A roof is a plateau: some smaller count of
/// chains must reach 92 % of the best, else more chains could still be faster and latency is what
/// was measured.
[[nodiscard]] std::optional<std::string> not_saturated(std::span<const ChainPoint> sweep);

/// The even integer next to a FLOP per cycle and lane figure: 2 for each pipe that does FMA. At
/// least 2.
[[nodiscard]] int nearest_even(double flops_per_cycle);

}  // namespace assay::compute
