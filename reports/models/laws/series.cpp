#include "reports/models/laws/series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace assay::models {

double ScalingSeries::ranks_per_node() const {
  for (const Tier& tier : reach.tiers)
    if (tier.name == "node") return static_cast<double>(tier.ranks);
  return 1;
}

std::optional<double> commonest_ranks_per_node(const ScalingSeries& series) {
  bool is_choice = false;
  std::map<double, int> counts;
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    const ScalingPoint& point = series.points[i];
    if (point.nodes <= 0) continue;
    ++counts[std::ceil(point.ranks / point.nodes)];
    is_choice |=
        i > 0 && series.points[i - 1].ranks == point.ranks && series.points[i - 1].nodes > 0;
  }
  if (!is_choice) return std::nullopt;
  return std::ranges::max_element(counts,
                                  [](const auto& a, const auto& b) {
                                    return a.second != b.second ? a.second < b.second
                                                                : a.first < b.first;
                                  })
      ->first;
}

ScalingSeries one_point_per_count(const ScalingSeries& series) {
  ScalingSeries line = series;
  line.points.clear();
  const double per_node = commonest_ranks_per_node(series).value_or(series.ranks_per_node());
  for (const ScalingPoint& point : series.points) {
    if (line.points.empty() || line.points.back().ranks != point.ranks)
      line.points.push_back(point);
    else if (point.nodes == std::ceil(point.ranks / per_node))
      line.points.back() = point;
  }
  return line;
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
                    "step takes {} at {} rank{}",
                    points.size(), points.size() == 1 ? "" : "s", rank_counts,
                    format(Seconds(typical_time(points.back()))), points.back().ranks,
                    points.back().ranks == 1 ? "" : "s"));
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
  if (point.figure > 0) return point.figure;
  double sum = 0;
  for (double time : point.times) sum += std::log(time);
  return std::exp(sum / static_cast<double>(point.times.size()));
}

}  // namespace assay::models
