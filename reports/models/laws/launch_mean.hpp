#pragma once
/// @file
/// The mean time of the launches at one rank count: what can be said there when no law holds.
/// Formula: exp(m +- t s/sqrt(n)), m and s of ln T over n launches, t of Student's distribution
///          with n - 1 degrees of freedom; of one run the error is s sqrt(1 + 1/n).
/// Not said: anything at another rank count.

#include <vector>

#include "probes/core/statistics.hpp"
#include "reports/models/laws/series.hpp"

namespace assay::models {

struct LaunchMean {
  Estimate<double> time;  ///< s; no interval with a single launch.
  Interval single_run;    ///< s; where one more launch will fall.
};

/// @pre the times are positive
[[nodiscard]] LaunchMean launch_mean(const ScalingPoint& point);
/// Draws of that mean in an order without meaning; empty with a single launch.
[[nodiscard]] std::vector<double> launch_mean_draws(const ScalingPoint& point, int draws);

}  // namespace assay::models
