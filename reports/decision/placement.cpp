#include "reports/decision/placement.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/decision/study_rows.hpp"

namespace assay::decision {

namespace {

std::string ranks_text(double ranks) {
  return fmt::format("{:g} rank{} per node", ranks, ranks == 1 ? "" : "s");
}

}  // namespace

Placement placement_of(const RunData& run, const models::ScalingSeries& series, double stated) {
  std::int64_t most = 0;
  for (const Record* row : rows_of(run, series, "step_time"))
    if (row->ranks > 0 && row->nodes > 0)
      most = std::max(most, (row->ranks + row->nodes - 1) / row->nodes);
  const auto measured = static_cast<double>(most);
  if (stated > 0)
    return {stated, true,
            ranks_text(stated) + ", as stated" +
                (most > 0 && measured != stated
                     ? fmt::format("; the measurements had up to {:g}", measured)
                     : "")};
  if (most > 0) return {measured, true, ranks_text(measured) + ", the most that was measured"};
  return {1, false,
          "the measurements do not say on how many nodes they ran: one rank per node is assumed, "
          "and beyond them all is a scenario (column nodes, or --ranks-per-node)"};
}

}  // namespace assay::decision
