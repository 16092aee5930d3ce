#include "reports/decision/next_step.hpp"

#include <fmt/format.h>

#include "reports/models/laws/next_run.hpp"

namespace assay::decision {

std::string next_step(const Decision& decision) {
  const models::CostStudy& cost = *decision.cost;
  const models::ModelSelection* selection = &*decision.study->selection;
  double target = 2 * selection->series.reach.largest;
  if (const models::CostPoint* best = decision.point()) {
    const models::Offer& offer = cost.offers[best->offer];
    if (!offer.measured_here && offer.type.relative_speed != 1)
      return fmt::format(
          "next run: the same workload on one {}, whose speed is only the price list's",
          offer.type.name);
    selection = offer.selection;
    target = best->ranks;
  }
  const models::NextRun next = models::next_run(*selection, target);
  return fmt::format("cheapest next run: {} launches at {:g} rank{}: {}", next.launches, next.ranks,
                     next.ranks == 1 ? "" : "s", next.reason);
}

}  // namespace assay::decision
