#pragma once
/// @file
/// What a step takes on a node type that nobody measured, over what it took where it was measured.
///
///   T'/T = c/s + (1 - c) n
///
/// c is the share of the step that is computing: only that runs s = relative_speed times as fast.
/// The rest is communication: its start-ups take what they took (n = 1), its bytes go by the ratio
/// of the bandwidths (n = gbps measured/gbps of the type). On one node nothing crosses the network:
/// n = 1. How the rest divides into start-ups and bytes is not known, nor is c where only times
/// are: then the factor is a range, over all that they allow. Serial parts count as computing.

#include "probes/core/statistics.hpp"

namespace assay::models {

/// Bounds of the share of a step that is computing.
struct ComputeShare {
  double low = 0, high = 1;
};

/// From the times alone: one rank does nothing else; on N it is at least what one rank's computing
/// would be when divided by N (weak scaling: undivided). @param one 0 where one rank was not
/// measured
[[nodiscard]] ComputeShare compute_share(double ranks, double time, double one, bool is_weak);

/// @param bandwidth_ratio gbps where it was measured over gbps of the type; NaN where one of them
/// is not stated: as measured. @pre relative_speed > 0
[[nodiscard]] Interval type_factor(const ComputeShare& share, double relative_speed,
                                   double bandwidth_ratio, double nodes);

}  // namespace assay::models
