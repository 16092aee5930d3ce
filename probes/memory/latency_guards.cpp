#include "probes/memory/latency_guards.hpp"

#include <fmt/format.h>

#include "probes/memory/working_set.hpp"

namespace assay::memory {
namespace {

bool is_time(const Record& row) {
  return row.metric == "time" && carries_numbers(row.status);
}

}  // namespace

Record guard_possible(Record row) {
  if (!is_time(row) || row.min >= least_load_time) return row;
  return marked_untrusted(
      row, fmt::format("{} per load is less than any core needs: the loads were not dependent",
                       format_quantity(row.min, unit::seconds)));
}

void guard_order(std::vector<Record>& rows) {
  for (Record& near : rows)
    for (Record& far : rows) {
      if (!is_time(near) || !is_time(far) || near.operation != far.operation) continue;
      if (near.topology != far.topology || near.host != far.host) continue;
      if (!is_nearer(near.level, far.level)) continue;
      if (far.ci_high >= near.ci_low) continue;
      far = marked_untrusted(
          far, fmt::format("{} {} of {} is below that of {}, {}", far.level.str(),
                           far.operation.str(), format_quantity(far.median, unit::seconds),
                           near.level.str(), format_quantity(near.median, unit::seconds)));
    }
}

}  // namespace assay::memory
