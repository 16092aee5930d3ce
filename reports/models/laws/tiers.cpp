#include "reports/models/laws/tiers.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "probes/cost/collective_cost.hpp"

namespace assay::models {

namespace {

/// Time across one tier of `members` equal units, each with `bytes` of the vector: reduce-scatter
/// and all-gather.
Seconds tier_time(const NetworkTier& tier, double members, Bytes bytes) {
  if (members <= 1) return Seconds(0);
  const CollectiveShape shape{.ranks = static_cast<int>(members), .bytes = bytes};
  const StepCosts wire = linear_step_costs(tier.alpha, 1.0 / tier.bandwidth * tier.oversubscription,
                                           SecondsPerByte(0));
  // Small vectors take the logarithmic algorithm, large ones the ring: whichever the model prefers.
  const Seconds ring =
      predict(reduce_scatter_cost(shape), wire) + predict(allgather_cost(shape), wire);
  const Seconds doubling = predict(recursive_doubling_cost(shape), wire);
  return std::min(ring, doubling);
}

struct Communication {
  Seconds total{0};
  std::string slowest;
};

Communication communication_of(const TieredStep& step, const std::vector<NetworkTier>& tiers,
                               double ranks) {
  Communication sum;
  Seconds slowest{0};
  double units = ranks;  // of the tier below
  Bytes share = step.bytes;
  for (std::size_t i = 0; i < tiers.size() && units > 1; ++i) {
    const bool last = i + 1 == tiers.size();
    const double members = last ? units : std::min(units, tiers[i].members);
    const Seconds time = tier_time(tiers[i], members, share);
    sum.total += time;
    if (time > slowest) {
      slowest = time;
      sum.slowest = tiers[i].name;
    }
    share /= members;
    units = std::ceil(units / members);
  }
  return sum;
}

}  // namespace

TieredPrediction predict_step(const TieredStep& step, const std::vector<NetworkTier>& tiers,
                              double ranks, const Reach* reach) {
  assert(ranks >= 1 && !tiers.empty());
  const Communication communication = communication_of(step, tiers, ranks);
  const Seconds compute = step.serial + (step.weak ? step.parallel : step.parallel / ranks);
  const Seconds hidden = std::min(step.overlap * communication.total, compute);
  const Seconds late = ranks > 1 ? step.straggler * std::sqrt(2 * std::log(ranks)) : Seconds(0);
  const Seconds total = compute + communication.total - hidden + late;
  const Seconds alone = step.serial + step.parallel;
  return {.ranks = ranks,
          .step = total,
          .communication = communication.total,
          .compute = compute,
          .efficiency = step.weak ? alone / total : alone / (total * ranks),
          .label = reach != nullptr ? label_at(ranks, *reach) : Label::scenario,
          .slowest_tier = communication.slowest};
}

}  // namespace assay::models
