#pragma once
/// @file
/// The cheapest next run that shrinks the band at a target rank count.
///
/// First the tier: a target across a border nobody crossed needs one run across it. Then the
/// distance: measure up to at least a quarter of the target. Then the variance: among candidate
/// rank counts, five launches each, the cheapest (ranks x time) that takes at least a quarter off
/// the half-width at the target, else the one that takes off most (A-optimal design, as in
/// Venkataraman et al., "Ernest", NSDI 2016).

#include <string>

#include "reports/models/laws/contest.hpp"

namespace assay::models {

struct NextRun {
  double ranks = 0;
  int launches = 5;
  double rank_seconds = 0;  ///< What one step of each launch costs.
  double narrower =
      0;  ///< Share taken off the half-width at the target; NaN where a tier is the reason.
  std::string reason;  ///< In words.
};
[[nodiscard]] NextRun next_run(const Contest& contest, double target_ranks);

}  // namespace assay::models
