/// @file
/// Speed-up above the number of ranks, where nothing in the run says why: each launch on N ranks is
/// more than N times as fast as each launch on the base. The cause that a run can name is its own
/// compute time, when that falls faster than the ranks grow: shares that fit the caches.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/decision/numbers.hpp"
#include "reports/decision/rule.hpp"
#include "reports/decision/study_rows.hpp"

namespace assay::decision {

namespace {

/// Launches are timed to about this: less above the ranks is no finding.
constexpr double timing_slack = 0.02;

bool compute_names_the_cause(const RunData& run, const models::ScalingSeries& series, double base,
                             double ranks) {
  const auto rows = rows_of(run, series, "compute_time");
  return median_at(rows, base) / median_at(rows, ranks) > ranks / base * (1 + timing_slack);
}

double ranks_per_node(const models::ScalingPoint& point) {
  return point.nodes > 0 ? point.ranks / point.nodes : 0;
}

Finding look_at_speedups(const Evidence& evidence) {
  Finding finding;
  for (const models::ScalingStudy& study : evidence.analysis.scaling) {
    const models::ScalingSeries& series = study.series;
    if (series.scaling != models::Scaling::strong || series.points.size() < 2) continue;
    const models::ScalingPoint& base = series.points.front();
    for (std::size_t i = 1; i < series.points.size(); ++i) {
      const models::ScalingPoint& point = series.points[i];
      // Fewer ranks per node have more of their node's memory each: that is a cause.
      if (point.ranks == base.ranks || ranks_per_node(point) < ranks_per_node(base)) continue;
      ++finding.looked_at;
      const double least = *std::min_element(base.times.begin(), base.times.end()) /
                           *std::max_element(point.times.begin(), point.times.end());
      const double ranks = point.ranks / base.ranks;
      if (!(least > ranks * (1 + timing_slack)) ||
          compute_names_the_cause(evidence.run, series, base.ranks, point.ranks))
        continue;
      finding.contradictions.push_back(
          {"", fmt::format("{}: {} ranks are at least {} times as fast as {}, more than the ranks "
                           "explain, and no compute time of the run shows why",
                           series.subject, show_count(std::llround(point.ranks)),
                           show_digits(least), show_count(std::llround(base.ranks)))});
    }
  }
  return finding;
}

const bool superlinear_registered = Registry<Rule>::add(
    {.about = {.kind = "rule",
               .name = "speedup within the ranks",
               .summary =
                   "No rank count is faster than its ranks explain, unless the run says why.",
               .metrics = {},
               .verification = "Planted times of 1 s on one rank and 0.3 s on two."},
     .fails = false,
     .advice = "Was the base disturbed, or does each share fit a cache? Time the base again, and "
               "give compute_time.",
     .look = look_at_speedups});

}  // namespace

}  // namespace assay::decision
