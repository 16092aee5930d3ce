#include "probes/result_table.hpp"

#include <fmt/format.h>

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
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", row.probe.str(), row.metric.str(),
                     row.operation.str(), row.dtype.str(), row.level.str(), row.provider.str(),
                     row.algorithm.str(), row.ranks, row.scaling.str(),
                     carries_numbers(row.status) ? "" : row.reason.str());
}

bool is_better(const Record& candidate, const Record& best) {
  const MetricInfo* metric = registry::find_metric(best.probe, best.metric);
  if (metric == nullptr || metric->better == Better::neither) return false;
  return metric->better == Better::higher ? candidate.median > best.median
                                          : candidate.median < best.median;
}

std::string point_text(const Record& row) {
  const std::string bytes =
      is_present(row.bytes) ? format_bytes(bytes_of(static_cast<std::size_t>(row.bytes))) : "";
  const std::string threads = is_present(row.threads) ? fmt::format("{} thr", row.threads) : "";
  const std::string ranks = is_present(row.ranks) ? fmt::format("{} ranks", row.ranks) : "";
  return joined({row.dtype, row.level, row.operation, row.isa, row.provider, row.algorithm,
                 row.scaling, bytes, threads, ranks});
}

std::string value_text(const Record& row) {
  if (!carries_numbers(row.status))
    return fmt::format("{}: {}", to_string(row.status), row.reason.str());
  std::string text = format_quantity(row.median, row.unit);
  if (row.samples > 1)
    text += fmt::format("  [{}, {}]", format_quantity(row.ci_low, row.unit),
                        format_quantity(row.ci_high, row.unit));
  if (row.status == Status::untrusted) text += fmt::format("  untrusted: {}", row.reason.str());
  return text;
}

}  // namespace

void ResultTable::add(const Record& row) {
  const std::string key = group_key(row);
  auto [found, added] = groups_.try_emplace(key, Group{row, 0});
  if (added) order_.push_back(key);
  Group& group = found->second;
  if (++group.points > 1 && carries_numbers(row.status) && is_better(row, group.best))
    group.best = row;
  group.best.values.clear();
}

std::vector<std::string> ResultTable::lines() const {
  std::vector<std::string> text;
  for (const std::string& key : order_) {
    const Group& group = groups_.at(key);
    text.push_back(
        fmt::format("{:<21} {:<16} {:<58} {}{}", group.best.probe.str(), group.best.metric.str(),
                    point_text(group.best), value_text(group.best),
                    group.points > 1 ? fmt::format("  (best of {})", group.points) : ""));
  }
  return text;
}

void ResultTable::print(std::FILE* out) const {
  fmt::print(out, "{:<21} {:<16} {:<58} {}\n", "probe", "metric", "point",
             "median [95 % interval]");
  for (const std::string& line : lines()) fmt::print(out, "{}\n", line);
}

}  // namespace assay
