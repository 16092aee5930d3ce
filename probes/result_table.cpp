#include "probes/result_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "probes/cli/standard_streams.hpp"
#include "probes/core/registry.hpp"
#include "probes/core/units.hpp"

namespace assay {
namespace {

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (std::string_view part : parts)
    if (!part.empty()) text += (text.empty() ? "" : " ") + std::string(part);
  return text;
}

std::string group_key(const Record& row) {
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", row.probe.str(), row.metric.str(),
                     row.operation.str(), row.dtype.str(), row.level.str(), row.provider.str(),
                     row.algorithm.str(), row.ranks, row.threads, row.scaling.str(),
                     carries_numbers(row.status) ? "" : row.reason.str());
}

/// The first metric an entry declares is its headline; the others are in measurements.csv.
bool is_headline(const Record& row) {
  for (const Description* entry : registry::all())
    if (entry->name == row.probe && !entry->metrics.empty())
      return entry->metrics.front().name == row.metric.str();
  return true;
}

bool is_better(const Record& candidate, const Record& best) {
  // A number to rely on beats a better one that is not.
  if (candidate.status != best.status) return candidate.status == Status::ok;
  const MetricInfo* metric = registry::find_metric(best.probe, best.metric);
  if (metric == nullptr || metric->better == Better::neither) return false;
  return metric->better == Better::higher ? candidate.median > best.median
                                          : candidate.median < best.median;
}

std::string point_text(const Record& row) {
  const std::string bytes =
      is_present(row.bytes) ? format_bytes(bytes_of(static_cast<std::size_t>(row.bytes))) : "";
  const std::string threads =
      is_present(row.threads) ? fmt::format("{} thread{}", row.threads, row.threads == 1 ? "" : "s")
                              : "";
  const std::string ranks =
      is_present(row.ranks) ? fmt::format("{} rank{}", row.ranks, row.ranks == 1 ? "" : "s") : "";
  return joined({row.dtype, row.level, row.operation, row.isa, row.provider, row.algorithm,
                 row.scaling, bytes, threads, ranks});
}

std::string value_text(const Record& row) {
  if (!carries_numbers(row.status))
    return fmt::format("{}: {}", to_string(row.status), row.reason.str());
  std::string text = format_quantity(row.median, row.unit);
  if (row.samples > 1) {
    text += fmt::format("  [{}, {}]", format_quantity(row.ci_low, row.unit),
                        format_quantity(row.ci_high, row.unit));
    if (row.rounds < 2)
      text += is_present(row.between_spread) ? " from the spread of its kind or of earlier runs"
                                             : " within this round";
  }
  if (row.status == Status::untrusted) text += fmt::format("  untrusted: {}", row.reason.str());
  return text;
}

}  // namespace

void ResultTable::add(const Record& row) {
  ++rows_;
  if (!is_headline(row)) return;
  const std::string key = group_key(row);
  auto [found, added] = groups_.try_emplace(key, Group{row, 0});
  if (added) order_.push_back(key);
  Group& group = found->second;
  if (++group.points > 1 && carries_numbers(row.status) && is_better(row, group.best))
    group.best = row;
  group.best.values.clear();
}

std::vector<std::string> ResultTable::lines() const {
  std::size_t name_width = 0;
  std::size_t point_width = 0;
  for (const auto& [key, group] : groups_) {
    name_width =
        std::max(name_width, group.best.probe.str().size() + group.best.metric.str().size() + 1);
    point_width = std::max(point_width, point_text(group.best).size());
  }
  std::vector<std::string> text;
  for (const std::string& key : order_) {
    const Record& row = groups_.at(key).best;
    text.push_back(fmt::format("{:<{}}  {:<{}}  {}", row.probe.str() + " " + row.metric.str(),
                               name_width, point_text(row), point_width, value_text(row)));
  }
  return text;
}

std::string ResultTable::json(const std::filesystem::path& directory) const {
  nlohmann::json rows = nlohmann::json::array();
  for (const std::string& key : order_) {
    const Record& row = groups_.at(key).best;
    nlohmann::json cells = {{"status", std::string(to_string(row.status))}};
    for (const Column& column : measurement_columns()) {
      const std::string name(column.name);
      if (column.text != nullptr && !(row.*column.text).empty())
        cells[name] = (row.*column.text).str();
      if (column.count != nullptr && is_present(row.*column.count)) cells[name] = row.*column.count;
      if (column.number != nullptr && is_present(row.*column.number))
        cells[name] = row.*column.number;
    }
    rows.push_back(std::move(cells));
  }
  const nlohmann::json table = {
      {"directory", directory.string()}, {"measured_rows", rows_}, {"rows", std::move(rows)}};
  return table.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

void ResultTable::print(std::FILE* out) const {
  for (const std::string& line : lines()) fmt::print(out, "{}\n", printable(line));
  fmt::print(out,
             "\nmedian [95 % interval between rounds, or what the interval is of], the best of the "
             "points that differ only in size, "
             "instruction set or launch; all {} rows: measurements.csv\n",
             rows_);
}

}  // namespace assay
