#pragma once
/// @file
/// A run directory as a launch of the gate: every row whose metric has a direction, and fitted
/// parameters.
///
/// A metric's name is its row's key in words: "memory.bandwidth rate (threads=4, level=L3)". The
/// host is not part of it, since another runner of the same kind is another host; hosts of a run of
/// several become host1, host2, ... in the order of their first row. Rows that differ in `launch`
/// only are replicates of one metric. The direction, and whether a metric is an exact count, is
/// what its probe declared in the registry. Rows without a number become absences; metrics that are
/// neither better higher, better lower nor exact (a clock, say) are left out.

#include <functional>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "probes/core/record.hpp"
#include "reports/gate/read/metric.hpp"

namespace assay {
struct RunData;
}

namespace assay::gate {

/// Direction and exactness of a row's metric; nothing: not to be compared.
struct MetricNature {
  Better better;
  bool exact;
};
using MetricNatures = std::function<std::optional<MetricNature>(const Record&)>;
/// As the registry declares it.
[[nodiscard]] std::optional<MetricNature> registered_nature(const Record& record);

struct RunMetricsOptions {
  MetricNatures nature = registered_nature;
  std::vector<std::regex> exact;  ///< Also exact: metrics whose name these match.
  bool samples = false;           ///< Read samples.csv too, for `values`.
};

[[nodiscard]] Launch run_metrics(const RunData& run, const RunMetricsOptions& options = {});

/// Names rows as said above; one object per run, because of the hosts.
class MetricNames {
 public:
  explicit MetricNames(const std::vector<Record>& records);
  [[nodiscard]] std::string operator()(const Record& record) const;

 private:
  [[nodiscard]] std::string host_in_order(const std::string& host) const;
  std::vector<std::string> hosts_;  ///< Empty where there is only one.
};

}  // namespace assay::gate
