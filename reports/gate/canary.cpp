#include "reports/gate/canary.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>

#include "probes/core/units.hpp"
#include "reports/gate/read_run_metrics.hpp"

namespace assay::gate {
namespace {

constexpr double smallest_deviation = 0.01;
constexpr double deviations_allowed = 3;
/// Between the 5 % and the 95 % quantile of a normal distribution lie 3.29 standard deviations.
constexpr double deviations_between_quantiles = 3.29;

bool is_canary(const Record& record) {
  if (!carries_numbers(record.status) || !(record.median > 0)) return false;
  if (record.probe == "compute.peak_flops")
    return record.metric == "rate" && record.operation == "fma";
  if (record.probe == "memory.bandwidth")
    return record.metric == "rate" && record.level == "DRAM" &&
           record.operation.str().starts_with("triad");
  return record.probe == "network.alpha_beta" && record.metric == "time" &&
         record.operation == "ping_pong" && record.bytes <= 8;
}

double relative_deviation(const Record& record) {
  const double seen = is_present(record.p05) && is_present(record.p95)
                          ? (record.p95 - record.p05) / deviations_between_quantiles / record.median
                          : 0;
  return std::max(smallest_deviation, seen);
}

std::map<std::string, const Record*> canaries_of(const RunData& run) {
  std::map<std::string, const Record*> result;
  const MetricNames names(run.records);
  for (const Record& record : run.records)
    if (is_canary(record)) result.emplace(names(record), &record);
  return result;
}

}  // namespace

std::vector<Canary> compare_canaries(const RunData& base, const RunData& head) {
  const auto left = canaries_of(base), right = canaries_of(head);
  std::vector<Canary> canaries;
  for (const auto& [name, record] : left) {
    const auto other = right.find(name);
    if (other == right.end()) continue;
    Canary canary{name, record->median, other->second->median};
    canary.limit = deviations_allowed *
                   std::hypot(relative_deviation(*record), relative_deviation(*other->second));
    canary.passed = std::abs(std::log(canary.head / canary.base)) <= canary.limit;
    canaries.push_back(canary);
  }
  return canaries;
}

}  // namespace assay::gate
