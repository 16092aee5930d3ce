#include "reports/export/exporter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "probes/core/statistics.hpp"
#include "probes/core/units.hpp"

namespace assay::exports {

namespace {

bool is_in_name(const Column& column) {
  return column.is_key && column.name != "probe" && column.name != "metric" &&
         column.name != "unit" && column.name != "host" && column.name != "launch" &&
         column.name != "session";
}

std::string series_name(const Record& row) {
  std::string name = row.probe.str() + " " + row.metric.str();
  for (const Column& column : measurement_columns()) {
    if (!is_in_name(column)) continue;
    if (column.text != nullptr && !(row.*column.text).empty())
      name += column.name == "operation"
                  ? " " + (row.*column.text).str()
                  : fmt::format(" {}={}", column.name, (row.*column.text).str());
    if (column.count != nullptr && is_present(row.*column.count))
      name += fmt::format(" {}={}", column.name, row.*column.count);
  }
  return name;
}

/// As the registry says; of what other tools measured, as the unit does.
Better better_of(const Record& row) {
  if (const MetricInfo* metric = registry::find_metric(row.probe.str(), row.metric.str()))
    return metric->better;
  if (row.unit == unit::seconds) return Better::lower;
  return row.unit == unit::bytes_per_second || row.unit == unit::flops_per_second ||
                 row.unit == unit::hertz
             ? Better::higher
             : Better::neither;
}

Series made_of(std::string name, const std::vector<const Record*>& rows) {
  Series series{.name = std::move(name), .key = *rows.front(), .rows = rows.size()};
  std::vector<double> values;
  for (const Record* row : rows) {
    values.push_back(row->median);
    series.trusted = series.trusted && row->status == Status::ok;
    if (row->host != series.key.host) series.key.host = {};
  }
  series.better = better_of(series.key);
  series.value = median(values);
  series.low = rows.front()->ci_low;
  series.high = rows.front()->ci_high;
  if (values.size() > 1) {
    const Interval interval = median_interval(values);
    series.low = interval.low;
    series.high = interval.high;
  }
  return series;
}

}  // namespace

std::vector<Series> series_of(const RunData& run) {
  std::map<std::string, std::size_t> index;
  std::vector<std::pair<std::string, std::vector<const Record*>>> groups;
  for (const Record& row : run.records) {
    if (!carries_numbers(row.status) || !is_present(row.median)) continue;
    const std::string name = valid_utf8(series_name(row));
    const auto [at, is_new] = index.emplace(name + "|" + row.unit.str(), groups.size());
    if (is_new) groups.push_back({name, {}});
    groups[at->second].second.push_back(&row);
  }
  std::vector<Series> all;
  all.reserve(groups.size());
  for (const auto& [name, rows] : groups) all.push_back(made_of(name, rows));
  return all;
}

std::string text_in(const RunData& run, const char* pointer) {
  const nlohmann::json::json_pointer at(pointer);
  if (!run.run.contains(at) || !run.run.at(at).is_string()) return "";
  return run.run.at(at).get<std::string>();
}

std::string valid_utf8(const std::string& text) {
  const std::string quoted =
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return nlohmann::json::parse(quoted).get<std::string>();
}

}  // namespace assay::exports
