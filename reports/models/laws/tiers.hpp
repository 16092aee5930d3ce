#pragma once
/// @file
/// Scale by calculation: a step over a tiered network (socket, node, rack, pod), up to a million
/// ranks.
///
///   T(N) = a + b/N (weak: a + b) + all-reduce + straggler m sqrt(2 ln N)
///
/// The all-reduce is hierarchical: in each tier, from the innermost, a reduce-scatter on the way
/// out and an all-gather on the way back, on the share of the vector its members are left with, at
/// that tier's alpha and beta times its oversubscription. Formulas per tier:
/// probes/cost/collective_cost.hpp. Not modelled: contention beyond the oversubscription factor,
/// overlap beyond the given share.

#include <optional>
#include <string>
#include <vector>

#include "probes/core/units.hpp"
#include "reports/models/laws/label.hpp"

namespace assay::models {

struct NetworkTier {
  std::string name;    ///< socket, node, rack, pod, ...
  double members = 1;  ///< Units of the tier below inside one of it; the last tier has no limit.
  Seconds alpha;       ///< Per message across it.
  BytesPerSecond bandwidth;     ///< Of one link across it.
  double oversubscription = 1;  ///< At least 1: how many share what one link gives.
};

struct TieredStep {
  Seconds serial{0};     ///< a
  Seconds parallel{0};   ///< b: time of the divisible work on one rank.
  bool weak = false;     ///< Each rank does all of b.
  Bytes bytes{0};        ///< All-reduced each step.
  double overlap = 0;    ///< Share of the communication that hides behind b/N, 0 to 1.
  Seconds straggler{0};  ///< m
};

struct TieredPrediction {
  double ranks = 1;
  Seconds step, communication, compute;
  double efficiency = 1;  ///< Against one rank.
  Label label = Label::scenario;
  std::string slowest_tier;  ///< Where most of the communication time goes; empty for one rank.
};

/// @param tiers innermost first; the last one holds any number of members.
/// @param reach what was measured; without it everything is a scenario.
[[nodiscard]] TieredPrediction predict_step(const TieredStep& step,
                                            const std::vector<NetworkTier>& tiers, double ranks,
                                            const Reach* reach = nullptr);

}  // namespace assay::models
