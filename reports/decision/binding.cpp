#include "reports/decision/binding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/decision/numbers.hpp"
#include "reports/decision/study_rows.hpp"

namespace assay::decision {

namespace {

using models::Scaling;
using models::ScalingStudy;

const models::RooflinePoint* workload_point(const models::Analysis& analysis) {
  for (const auto& roofline : analysis.rooflines)
    for (const auto& point : roofline.points)
      if (point.name.starts_with("workload") && point.is_trusted()) return &point;
  return nullptr;
}

/// Against the fewest ranks measured, by the clocks.
double measured_efficiency(const models::ScalingSeries& series) {
  const auto &first = series.points.front(), &last = series.points.back();
  const double ratio = models::typical_time(first) / models::typical_time(last);
  return series.scaling == Scaling::weak ? ratio : ratio * first.ranks / last.ranks;
}

/// The fastest of the counts below the largest, where it beats the largest in every launch; else
/// null.
const models::ScalingPoint* fewer_that_are_faster(const models::ScalingSeries& series) {
  if (series.scaling == Scaling::weak) return nullptr;
  const models::ScalingPoint* fastest = &series.points.front();
  for (const models::ScalingPoint& point : series.points)
    if (models::typical_time(point) < models::typical_time(*fastest)) fastest = &point;
  const auto& most = series.points.back().times;
  const double slowest = *std::max_element(fastest->times.begin(), fastest->times.end());
  return slowest < *std::min_element(most.begin(), most.end()) ? fastest : nullptr;
}

/// A law that the times reject says nothing, also not of what binds.
bool holds(const ScalingStudy& study, std::string_view law) {
  if (!study.selection) return false;
  return std::any_of(study.selection->candidates.begin(), study.selection->candidates.end(),
                     [&](const models::Candidate& one) {
                       return one.fit.law.name == law && one.consistent && !one.fit.lack_of_fit;
                     });
}

}  // namespace

Binding what_binds(const RunData& run, const models::Analysis& analysis,
                   const ScalingStudy& study) {
  const models::ScalingSeries& series = study.series;
  const double most = series.points.back().ranks, efficiency = measured_efficiency(series);
  const double share = median_at(rows_of(run, series, "exposed_time"), most) /
                       median_at(rows_of(run, series, "step_time"), most);
  const bool one_node = series.ranks_per_node() >= most;
  const std::string where =
      fmt::format("at {} ranks{}", show_count(std::llround(most)), one_node ? " of one node" : "");
  if (is_present(share) && share > 0.5 * (1 - efficiency) && share > 0.1)
    return {"Communication",
            fmt::format(
                "{} of a step {} is communication that compute does not hide; efficiency is {}.",
                show_percent(share), where, show_percent(efficiency))};
  if (study.selection && !study.selection->explained)
    return {"Not known: no law fits",
            fmt::format("Efficiency {} is {}, but the times do not go with the rank count as any "
                        "law here would have them.",
                        where, show_percent(efficiency))};
  if (const models::ScalingPoint* faster = fewer_that_are_faster(series))
    return {"Overhead that grows with ranks",
            fmt::format("{} ranks take {}, {} rank{} only {}: more are slower.",
                        show_count(std::llround(most)),
                        show(models::typical_time(series.points.back()), "s"),
                        show_count(std::llround(faster->ranks)), faster->ranks == 1 ? "" : "s",
                        show(models::typical_time(*faster), "s"))};
  if (efficiency < 0.7 && study.amdahl && study.amdahl->karp_flatt.overhead_grows)
    return {
        "Overhead that grows with ranks",
        fmt::format("Efficiency {} is {}, and the serial fraction that each count implies rises "
                    "with the ranks.",
                    where, show_percent(efficiency))};
  if (efficiency < 0.7 && study.amdahl && holds(study, "amdahl"))
    return {"The serial part", fmt::format("Efficiency {} is {}; the serial fraction is {}.", where,
                                           show_percent(efficiency),
                                           show_percent(study.amdahl->serial_fraction.value))};
  if (const auto* point = workload_point(analysis); point != nullptr)
    return {point->bound == "fma" ? "Compute" : fmt::format("Memory bandwidth ({})", point->bound),
            fmt::format("{} runs at {} of what its roof allows, at {} FLOP/B.", point->name,
                        show_percent(1 / point->headroom), show_digits(point->intensity.value()))};
  return {"The nodes themselves",
          fmt::format("Efficiency {} is {}: {}.", where, show_percent(efficiency),
                      one_node ? "its cores are all put to use; what a second node adds, nobody "
                                 "measured (srun or mpirun assay run)"
                               : "more nodes still pay; a faster node would, too")};
}

}  // namespace assay::decision
