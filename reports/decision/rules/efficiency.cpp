/// @file
/// Efficiency by two ways that have to agree: by the clock of the steps, and as the product of its
/// factors (reports/models/laws/pop.hpp) over that of the fewest ranks, which is the same by
/// algebra. And share_metrics that are more than the whole.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "reports/decision/numbers.hpp"
#include "reports/decision/rule.hpp"
#include "reports/models/laws/pop.hpp"

namespace assay::decision {

namespace {

/// Both ways are medians over the same launches: further apart they speak of different things.
constexpr double efficiency_tolerance = 0.1;
constexpr std::array<const char*, 3> share_metrics{"load_balance", "fraction_of_roof", "overlap"};

void look_at_shares(const RunData& run, Finding& finding) {
  const std::array<InternedString, 3> metrics{share_metrics[0], share_metrics[1], share_metrics[2]};
  for (const Record& row : run.records) {
    if (row.status != Status::ok ||
        std::find(metrics.begin(), metrics.end(), row.metric) == metrics.end())
      continue;
    ++finding.looked_at;
    if (row.median > 1 + efficiency_tolerance)
      finding.contradictions.push_back(
          {row.host.str(), fmt::format("{} {}: {}, more than the whole", row.probe.str(),
                                       row.metric.str(), show_percent(row.median))});
  }
}

const models::PopStudy* factors_of(const std::vector<models::PopStudy>& all,
                                   const std::string& subject) {
  for (const models::PopStudy& study : all)
    if (study.subject == subject) return &study;
  return nullptr;
}

void look_at_factors(const models::ScalingSeries& series, const models::PopStudy& factors,
                     Finding& finding) {
  const models::ScalingPoint& base = series.points.front();
  if (factors.points.empty() || static_cast<double>(factors.points.front().ranks) != base.ranks)
    return;
  const double at_base = factors.points.front().global_efficiency.value;
  for (const models::PopPoint& point : factors.points)
    for (const models::ScalingPoint& timed : series.points) {
      if (timed.ranks != static_cast<double>(point.ranks) || &timed == &base) continue;
      const double ratio = models::typical_time(base) / models::typical_time(timed);
      const double by_clock =
          series.scaling == models::Scaling::weak ? ratio : ratio * base.ranks / timed.ranks;
      const double by_factors = point.global_efficiency.value / at_base;
      if (!is_present(by_factors)) continue;
      ++finding.looked_at;
      if (std::abs(by_factors / by_clock - 1) > efficiency_tolerance)
        finding.contradictions.push_back(
            {"", fmt::format("{} at {} ranks: efficiency {} by the clock, {} by its factors",
                             series.subject, show_count(point.ranks), show_percent(by_clock),
                             show_percent(by_factors))});
    }
}

Finding look_at_efficiency(const Evidence& evidence) {
  Finding finding;
  look_at_shares(evidence.run, finding);
  const std::vector<models::PopStudy> all = models::pop_studies(evidence.run);
  for (const models::ScalingStudy& study : evidence.analysis.scaling)
    if (const models::PopStudy* factors = factors_of(all, study.series.subject);
        factors != nullptr && !study.series.points.empty())
      look_at_factors(study.series, *factors, finding);
  return finding;
}

const bool efficiency_registered = Registry<Rule>::add(
    {.about = {.kind = "rule",
               .name = "efficiency",
               .summary = "Efficiency is one figure, whichever way it is come by, and no share is "
                          "more than the whole.",
               .metrics = {},
               .verification =
                   "Planted compute times that a step of half their length cannot hold."},
     .fails = false,
     .advice = "Look at how the parts of a step were timed before trusting where the speed goes.",
     .look = look_at_efficiency});

}  // namespace

}  // namespace assay::decision
