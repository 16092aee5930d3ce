#include "reports/decision/placement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay::decision {

namespace {

std::string ranks_text(double ranks) {
  return fmt::format("{:g} rank{} per node", ranks, ranks == 1 ? "" : "s");
}

}  // namespace

Placement placement_of(const models::ScalingSeries& series, double stated) {
  double measured = 0;
  for (const models::ScalingPoint& point : series.points)
    if (point.nodes > 0) measured = std::max(measured, std::ceil(point.ranks / point.nodes));
  if (stated > 0)
    return {stated, true,
            ranks_text(stated) + ", as stated" +
                (measured > 0 && measured != stated
                     ? fmt::format("; the measurements had up to {:g}", measured)
                     : "")};
  if (const auto commonest = models::commonest_ranks_per_node(series))
    return {*commonest, true,
            ranks_text(*commonest) +
                ", the most often measured; what was measured with others is "
                "considered as it was"};
  if (measured > 0) return {measured, true, ranks_text(measured) + ", the most that was measured"};
  return {1, false,
          "the measurements do not say on how many nodes they ran: one rank per node is assumed, "
          "and beyond them all is a scenario (column nodes, or --ranks-per-node)"};
}

}  // namespace assay::decision
