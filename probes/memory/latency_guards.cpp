#include "probes/memory/latency_guards.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace assay::memory {
namespace {

// L1 is nearest: 1; DRAM is beyond every cache; 0 for a set between levels.
int level_distance(const Record& row) {
  const std::string& level = row.level.str();
  if (level == "DRAM") return 1000;
  return level.size() > 1 && level[0] == 'L' ? std::atoi(level.c_str() + 1) : 0;
}

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
      if (level_distance(near) == 0 || level_distance(near) >= level_distance(far)) continue;
      if (far.ci_high >= near.ci_low) continue;
      far = marked_untrusted(
          far, fmt::format("{} {} of {} is below that of {}, {}", far.level.str(),
                           far.operation.str(), format_quantity(far.median, unit::seconds),
                           near.level.str(), format_quantity(near.median, unit::seconds)));
    }
}

}  // namespace assay::memory
