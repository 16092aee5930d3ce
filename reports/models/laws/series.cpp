#include "reports/models/laws/series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "probes/core/ordered_work.hpp"
#include "probes/run/run_directory.hpp"

namespace assay::models {

namespace {

/// What rows of one series have in common.
struct SeriesKey {
  Text probe, metric, provider, algorithm, topology, scaling, operation, dtype;
  std::int64_t bytes = -1;
  bool operator==(const SeriesKey&) const = default;
  auto operator<=>(const SeriesKey&) const = default;
};

struct SeriesKeyHash {
  std::size_t operator()(const SeriesKey& key) const {
    std::size_t hash = static_cast<std::size_t>(key.bytes);
    for (Text text : {key.probe, key.metric, key.provider, key.algorithm, key.topology, key.scaling,
                      key.operation, key.dtype})
      hash = hash * 0x9E3779B97F4A7C15ULL + std::hash<Text>()(text);
    return hash;
  }
};

using Rows = std::vector<const Record*>;

SeriesKey key_of(const Record& row) {
  return {row.probe,   row.metric,    row.provider, row.algorithm, row.topology,
          row.scaling, row.operation, row.dtype,    row.bytes};
}

std::string subject_of(const SeriesKey& key) {
  std::string subject(key.probe.str());
  for (Text part : {key.scaling, key.provider, key.algorithm, key.operation, key.dtype})
    if (!part.empty()) subject += " " + part.str();
  if (key.bytes >= 0) subject += fmt::format(" {} B", key.bytes);
  return subject;
}

/// Adds the rows' values to the series' points, in order of ranks.
void add_points(ScalingSeries& series, const Rows& rows) {
  std::unordered_map<std::int64_t, std::vector<double>> by_ranks;
  for (const Record* row : rows) by_ranks[row->ranks].push_back(row->median);
  for (auto& [ranks, times] : by_ranks)
    series.points.push_back({static_cast<double>(ranks), std::move(times)});
  std::sort(series.points.begin(), series.points.end(),
            [](const ScalingPoint& a, const ScalingPoint& b) { return a.ranks < b.ranks; });
  if (!series.points.empty()) series.reach.largest = series.points.back().ranks;
}

bool has_several_rank_counts(const Rows& rows) {
  return std::any_of(rows.begin(), rows.end(),
                     [&](const Record* row) { return row->ranks != rows.front()->ranks; });
}

/// The node boundary: where several nodes took part, the most ranks one of them held; on one node,
/// all its cores, because nothing was ever sent across its border.
Tier node_tier(const Rows& rows, const RunData& run) {
  std::int64_t per_node = 0, largest = 0;
  bool several = false;
  for (const Record* row : rows) {
    largest = std::max(largest, row->ranks);
    const std::int64_t nodes = std::max<std::int64_t>(row->nodes, 1);
    several |= nodes > 1;
    per_node = std::max(per_node, (row->ranks + nodes - 1) / nodes);
  }
  if (!several) {
    per_node = largest;
    if (const auto hosts = run.run.find("hosts"); hosts != run.run.end())
      for (const auto& host : *hosts)
        if (host.is_object() && host.contains("cores") && host["cores"].is_number())
          per_node = std::max(per_node, host["cores"].get<std::int64_t>());
  }
  return {"node", per_node};
}

ScalingSeries make_series(const SeriesKey& key, const Rows& trusted, const Rows& untrusted,
                          const RunData& run) {
  ScalingSeries series;
  series.subject = subject_of(key);
  series.probe = key.probe;
  series.operation = key.operation;
  series.provider = key.provider;
  series.algorithm = key.algorithm;
  series.topology = key.topology;
  series.dtype = key.dtype;
  series.scaling = key.scaling == "weak" ? Scaling::weak : Scaling::strong;
  series.bytes = key.bytes;
  series.untrusted = !has_several_rank_counts(trusted) && !untrusted.empty();
  Rows used = trusted;
  if (series.untrusted) {
    used.insert(used.end(), untrusted.begin(), untrusted.end());
    series.notes.push_back(fmt::format("{} untrusted rows are in the fit for want of others: {}",
                                       untrusted.size(), untrusted.front()->reason.str()));
  } else if (!untrusted.empty()) {
    series.notes.push_back(fmt::format("{} untrusted rows left out: {}", untrusted.size(),
                                       untrusted.front()->reason.str()));
  }
  add_points(series, used);
  const auto names_nodes = [](const Record* row) { return is_present(row->nodes); };
  if (std::any_of(used.begin(), used.end(), names_nodes))
    series.reach.tiers = {node_tier(used, run)};
  return series;
}

}  // namespace

double ScalingSeries::ranks_per_node() const {
  for (const Tier& tier : reach.tiers)
    if (tier.name == "node") return static_cast<double>(tier.ranks);
  return 1;
}

std::string series_subject(const Record& row) {
  return subject_of(key_of(row));
}

std::vector<ScalingSeries> scaling_series(const RunData& run) {
  const Text step_time = "step_time";
  std::unordered_map<SeriesKey, std::array<Rows, 2>, SeriesKeyHash> groups;
  for (const Record& row : run.records) {
    if (row.metric != step_time || !carries_numbers(row.status) || !is_present(row.ranks)) continue;
    groups[key_of(row)][row.status == Status::ok ? 0 : 1].push_back(&row);
  }
  using Group = std::pair<SeriesKey, std::array<Rows, 2>>;
  std::vector<Group> ordered(std::make_move_iterator(groups.begin()),
                             std::make_move_iterator(groups.end()));
  std::sort(ordered.begin(), ordered.end(),
            [](const Group& a, const Group& b) { return a.first < b.first; });
  std::vector<ScalingSeries> all;
  make_in_parallel<ScalingSeries>(
      ordered.size(),
      [&](std::size_t i, ScalingSeries& series) {
        const auto& [key, rows] = ordered[i];
        series = make_series(key, rows[0], rows[1], run);
      },
      [&](std::size_t, ScalingSeries& series) { all.push_back(std::move(series)); });
  return all;
}

void require_valid(const ScalingSeries& series) {
  for (const ScalingPoint& point : series.points) {
    if (!(point.ranks >= 1) || !std::isfinite(point.ranks))
      throw InputError(series.subject, 0, "ranks", fmt::format("{} ranks", point.ranks),
                       "a rank count of at least 1");
    for (double time : point.times)
      if (!(time > 0) || !std::isfinite(time))
        throw InputError(series.subject, 0, "time",
                         fmt::format("time {} s at {} ranks", time, point.ranks),
                         "a positive, finite time");
  }
}

std::optional<NoValue> missing_for_fit(const ScalingSeries& series, std::size_t rank_counts) {
  const std::vector<ScalingPoint>& points = series.points;
  if (points.empty()) return unsupported("no times were measured");
  if (points.size() < rank_counts)
    return unsupported(
        fmt::format("{} rank count{} measured, at least {} needed; what can still be said: one "
                    "step takes {} at {} ranks",
                    points.size(), points.size() == 1 ? "" : "s", rank_counts,
                    format(Seconds(typical_time(points.back()))), points.back().ranks));
  const double first = points.front().times.front();
  const bool all_equal = std::all_of(points.begin(), points.end(), [&](const ScalingPoint& point) {
    return std::all_of(point.times.begin(), point.times.end(),
                       [&](double t) { return t == first; });
  });
  if (all_equal && (points.size() > 1 || points.front().times.size() > 1))
    return unsupported(fmt::format(
        "every time is exactly {}, which no clock gives; what can still be said: no speedup "
        "from {} to {} ranks",
        format(Seconds(first)), points.front().ranks, points.back().ranks));
  return std::nullopt;
}

double typical_time(const ScalingPoint& point) {
  double sum = 0;
  for (double time : point.times) sum += std::log(time);
  return std::exp(sum / static_cast<double>(point.times.size()));
}

}  // namespace assay::models
