/// @file
/// A figure called measured that lies outside everything measured: of a row its median outside its
/// least and largest sample, of a scaling study the time stated at a rank count outside all
/// launches there.

#include <fmt/format.h>

#include <algorithm>

#include "reports/decision/numbers.hpp"
#include "reports/decision/rule.hpp"

namespace assay::decision {

namespace {

/// Files hold nine digits or more.
constexpr double file_rounding = 1e-6;

bool is_outside(double value, double low, double high) {
  return value < low * (1 - file_rounding) || value > high * (1 + file_rounding);
}

void look_at_medians(const RunData& run, Finding& finding) {
  for (const Record& row : run.records) {
    if (!carries_numbers(row.status) || !(row.min >= 0) || !is_present(row.median) ||
        !is_present(row.max))
      continue;
    ++finding.looked_at;
    if (is_outside(row.median, row.min, row.max))
      finding.contradictions.push_back(
          {row.host.str(), fmt::format("{} {}: median {}, but its samples are {}", row.probe.str(),
                                       row.metric.str(), show(row.median, row.unit.str()),
                                       show_range(row.min, row.max, row.unit.str()))});
  }
}

void look_at_stated_times(const models::Analysis& analysis, Finding& finding) {
  for (const models::ScalingStudy& study : analysis.scaling) {
    if (!study.selection) continue;
    for (const models::ScalingPoint& point : study.selection->series.points) {
      const models::Prediction said = study.selection->at({point.ranks, point.nodes});
      if (!is_present(said.time.value)) continue;
      ++finding.looked_at;
      const auto [least, most] = std::minmax_element(point.times.begin(), point.times.end());
      if (is_outside(said.time.value, *least, *most))
        finding.contradictions.push_back(
            {"", fmt::format("{} at {:g} ranks: {} is stated, its launches took {}",
                             study.series.subject, point.ranks, show(said.time.value, "s"),
                             show_range(*least, *most, "s"))});
    }
  }
}

Finding look_at_measured_figures(const Evidence& evidence) {
  Finding finding;
  look_at_medians(evidence.run, finding);
  look_at_stated_times(evidence.analysis, finding);
  return finding;
}

const bool inside_its_launches_registered = Registry<Rule>::add(
    {.about = {.kind = "rule",
               .name = "measured figures",
               .summary = "What is called measured lies among what was measured.",
               .metrics = {},
               .verification = "A planted row whose median is ten times its largest sample."},
     .fails = true,
     .advice = "The file was changed by hand, or this is a fault of assay: do not use the figure.",
     .look = look_at_measured_figures});

}  // namespace

}  // namespace assay::decision
