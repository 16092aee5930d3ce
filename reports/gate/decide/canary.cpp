#include "reports/gate/decide/canary.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "probes/core/statistics.hpp"
#include "probes/core/units.hpp"
#include "reports/gate/read/read_run_metrics.hpp"

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

/// What one side says of a probe.
struct CanaryReading {
  std::vector<double> values;  ///< One per run.
  double deviation = smallest_deviation;
};

/// Of the probes that all runs of a side measured.
std::map<std::string, CanaryReading> canaries_of(std::span<const RunData> runs) {
  std::map<std::string, CanaryReading> result;
  for (const RunData& run : runs) {
    std::set<std::string> seen;
    const MetricNames names(run.records);
    for (const Record& record : run.records) {
      if (!is_canary(record) || !seen.insert(names(record)).second) continue;
      CanaryReading& reading = result[names(record)];
      reading.values.push_back(record.median);
      reading.deviation = std::max(reading.deviation, relative_deviation(record));
    }
  }
  std::erase_if(result, [&](const auto& each) { return each.second.values.size() < runs.size(); });
  for (auto& [name, reading] : result) {
    if (reading.values.size() < 2) continue;
    std::vector<double> logs;
    for (const double value : reading.values) logs.push_back(std::log(value));
    reading.deviation = std::max(reading.deviation, standard_deviation(logs));
  }
  return result;
}

}  // namespace

std::vector<Canary> compare_canaries(std::span<const RunData> base, std::span<const RunData> head) {
  const auto left = canaries_of(base), right = canaries_of(head);
  std::vector<Canary> canaries;
  for (const auto& [name, reading] : left) {
    const auto other = right.find(name);
    if (other == right.end()) continue;
    Canary canary{name, median(reading.values), median(other->second.values)};
    canary.limit = deviations_allowed * std::hypot(reading.deviation, other->second.deviation);
    canary.passed = std::abs(std::log(canary.head / canary.base)) <= canary.limit;
    canaries.push_back(canary);
  }
  return canaries;
}

}  // namespace assay::gate
