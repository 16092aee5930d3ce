#include "reports/gate/read/read_run_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "probes/core/registry.hpp"
#include "probes/run/csv.hpp"
#include "probes/run/run_directory.hpp"

namespace assay::gate {
namespace {

/// "a>b" (sender and receiver) names two hosts.
std::vector<std::string> hosts_in(const std::string& cell) {
  std::vector<std::string> hosts;
  for (std::size_t start = 0; start <= cell.size();) {
    const std::size_t end = std::min(cell.find('>', start), cell.size());
    hosts.push_back(cell.substr(start, end - start));
    start = end + 1;
  }
  return hosts;
}

/// The level of a point of the latency curve is read off the curve, knee by knee: another run of
/// the same program may call the same size by another level. The size is what was asked for.
bool level_is_a_finding(const Record& record) {
  return record.probe == "memory.latency" && record.metric == "time" && is_present(record.bytes);
}

/// Larger is better for what is known to be a rate, whatever the model that fitted it.
Better direction_of_parameter(const ModelRow& row) {
  const MetricInfo* const info = registry::find_metric(row.model, row.parameter);
  if (info != nullptr && info->better != Better::neither) return info->better;
  const std::string& parameter = row.parameter.str();
  if (parameter == "alpha" || parameter == "beta" || parameter == "gamma" ||
      parameter == "serial_fraction")
    return Better::lower;
  const bool rate = row.unit == unit::bytes_per_second || row.unit == unit::flops_per_second;
  return rate ? Better::higher : Better::neither;
}

void add_parameters(const RunData& run, Launch& launch) {
  for (const ModelRow& row : run.models) {
    if (row.label != Label::measured || !is_present(row.value)) continue;
    const Better better = direction_of_parameter(row);
    if (better == Better::neither) continue;
    Reading& reading = launch.readings[fmt::format("{} {} ({})", row.model.str(),
                                                   row.parameter.str(), row.subject.str())];
    reading.unit = row.unit.str();
    reading.better = better;
    reading.kind = MetricKind::fitted;
    reading.values.push_back(row.value);
  }
}

void add_samples(const RunData& run, const MetricNames& names, Launch& launch) {
  const std::filesystem::path file = run.directory / "samples.csv";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return;
  std::set<std::string> replaced;
  bool cut_off = false;
  csv::read_samples(
      file,
      [&](const Record& key, std::int64_t, double value) {
        const std::string name = names(key);
        const auto found = launch.readings.find(name);
        if (found == launch.readings.end()) return;
        if (replaced.insert(name).second) found->second.values.clear();
        found->second.values.push_back(value);
      },
      &cut_off);
}

/// network.alpha_beta looks closer where its fit jumps, at sizes that another run of the same
/// program has no reason to take. The sizes of its plan are on every path of the run; those on some
/// paths only are no metrics of their own, and serve the fits.
class PlannedSizes {
 public:
  explicit PlannedSizes(const std::vector<Record>& records) {
    for (const Record& record : records)
      if (is_point(record)) paths_[path_of(record)].insert(record.bytes);
  }
  [[nodiscard]] bool leave_out(const Record& record) const {
    return is_point(record) && !std::all_of(paths_.begin(), paths_.end(), [&](const auto& path) {
             return path.second.count(record.bytes) > 0;
           });
  }

 private:
  static bool is_point(const Record& record) {
    return record.probe == "network.alpha_beta" && record.metric == "time" &&
           is_present(record.bytes);
  }
  static std::string path_of(const Record& record) {
    return record.provider.str() + " " + record.operation.str();
  }
  std::map<std::string, std::set<std::int64_t>> paths_;
};

}  // namespace

std::optional<MetricNature> registered_nature(const Record& record) {
  const MetricInfo* const info = registry::find_metric(record.probe, record.metric);
  if (info == nullptr) return std::nullopt;
  if (!info->exact && info->better == Better::neither) return std::nullopt;
  return MetricNature{info->better, info->exact};
}

MetricNames::MetricNames(const std::vector<Record>& records) {
  for (const Record& record : records)
    for (const std::string& host : hosts_in(record.host.str()))
      if (!host.empty() && std::find(hosts_.begin(), hosts_.end(), host) == hosts_.end())
        hosts_.push_back(host);
  if (hosts_.size() < 2) hosts_.clear();
}

std::string MetricNames::host_in_order(const std::string& cell) const {
  std::string result;
  for (const std::string& host : hosts_in(cell)) {
    const auto found = std::find(hosts_.begin(), hosts_.end(), host);
    result += (result.empty() ? "" : ">");
    result += found == hosts_.end() ? host : fmt::format("host{}", found - hosts_.begin() + 1);
  }
  return result;
}

std::string MetricNames::operator()(const Record& record) const {
  std::string key;
  for (const Column& column : measurement_columns()) {
    if (!column.is_key || column.name == "probe" || column.name == "metric" ||
        column.name == "unit" || column.name == "launch" ||
        (column.name == "level" && level_is_a_finding(record)))
      continue;
    std::string cell;
    if (column.kind == Column::Kind::text) {
      cell = (record.*column.text).str();
      if (column.name == "host") cell = hosts_.empty() ? "" : host_in_order(cell);
    } else if (column.kind == Column::Kind::count && is_present(record.*column.count)) {
      cell = std::to_string(record.*column.count);
    }
    if (!cell.empty()) key += fmt::format("{}{}={}", key.empty() ? "" : ", ", column.name, cell);
  }
  return fmt::format("{} {} ({})", record.probe.str(), record.metric.str(), key);
}

Launch run_metrics(const RunData& run, const RunMetricsOptions& options) {
  Launch launch;
  const MetricNames names(run.records);
  const PlannedSizes sizes(run.records);
  for (const Record& record : run.records) {
    if (sizes.leave_out(record)) continue;
    const std::string name = names(record);
    std::optional<MetricNature> nature = options.nature(record);
    if (std::any_of(options.exact.begin(), options.exact.end(),
                    [&](const std::regex& pattern) { return std::regex_search(name, pattern); }))
      nature = MetricNature{Better::neither, true};
    if (!nature) continue;
    if (!carries_numbers(record.status) || !is_present(record.median)) {
      // What this machine cannot do at all is missing on both sides alike, and no fault of the
      // change.
      if (record.status != Status::unsupported && record.status != Status::skipped)
        launch.absences[name] =
            fmt::format("{}: {}", to_string(record.status), record.reason.str());
      continue;
    }
    Reading& reading = launch.readings[name];
    reading.unit = record.unit.str();
    reading.better = nature->better;
    reading.kind = nature->exact ? MetricKind::exact : MetricKind::measured;
    reading.may_be_zero = true;
    reading.values.push_back(record.median);
    if (!record.launch.empty()) reading.launches.push_back(record.median);
  }
  for (const auto& [name, reason] : launch.absences) launch.readings.erase(name);
  add_parameters(run, launch);
  if (options.samples) add_samples(run, names, launch);
  return launch;
}

}  // namespace assay::gate
