#include "reports/render/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>

#include "probes/core/statistics.hpp"
#include "reports/decision/study_rows.hpp"
#include "reports/render/numbers.hpp"

namespace assay::render {

using models::CostPoint;
using models::CostStudy;
using models::Scaling;
using models::ScalingStudy;

std::string study_name(const Subject& subject, const ScalingStudy& study) {
  // Every further part only where the ones before leave two studies with one name.
  constexpr int most_parts = 3;
  const auto name_of = [](const ScalingStudy& any, int parts) {
    const models::ScalingSeries& series = any.series;
    std::string name = series.probe.substr(series.probe.find('.') + 1);
    const auto extend = [&](const std::string& part) { name += part.empty() ? "" : " " + part; };
    if (parts > 0) extend(series.operation);
    if (parts > 1) extend(series.dtype);
    if (parts > 2) extend(series.provider);
    if (parts > 2) extend(series.algorithm);
    return name + (series.scaling == Scaling::weak ? ", weak scaling" : ", strong scaling");
  };
  for (int parts = 0; parts <= most_parts; ++parts) {
    const std::string name = name_of(study, parts);
    const auto& all = subject.analysis.scaling;
    if (std::count_if(all.begin(), all.end(), [&](const ScalingStudy& other) {
          return name_of(other, parts) == name;
        }) == 1)
      return name;
  }
  return study.series.subject;
}

std::vector<const ScalingStudy*> studies_to_draw(const Subject& subject) {
  std::vector<const ScalingStudy*> list;
  for (const ScalingStudy& study : subject.analysis.scaling)
    if (!study.series.points.empty()) list.push_back(&study);
  const ScalingStudy* main = subject.decision.study;
  const auto weight = [&](const ScalingStudy* study) {
    return (study == main ? 0 : 4) + (study->selection ? 0 : 2) + (study->series.untrusted ? 1 : 0);
  };
  std::stable_sort(list.begin(), list.end(), [&](const ScalingStudy* a, const ScalingStudy* b) {
    return weight(a) < weight(b);
  });
  if (list.size() > most_studies) list.resize(most_studies);
  return list;
}

namespace {

/// The type that the what-if is about: the recommended point's, else the first.
std::size_t what_if_offer(const CostStudy& cost) {
  return cost.cheapest ? cost.points[*cost.cheapest].offer : 0;
}

/// Exposed communication per step, by rank count; medians over launches.
std::map<double, double> communication_shares(const RunData& run,
                                              const models::ScalingSeries& series) {
  const auto steps = decision::rows_of(run, series, "step_time"),
             exposed = decision::rows_of(run, series, "exposed_time");
  std::map<double, double> shares;
  for (const models::ScalingPoint& point : series.points) {
    const double share =
        decision::median_at(exposed, point.ranks) / decision::median_at(steps, point.ranks);
    if (is_present(share)) shares[point.ranks] = std::clamp(share, 0.0, 1.0);
  }
  return shares;
}

/// The draws as the decision's own interval has them: its middle and its ends are theirs, so that
/// the what-if starts from the figures that stand above it.
std::vector<double> fitted_to(std::vector<double> draws, const Estimate<double>& stated) {
  if (draws.empty() || !is_present(stated.low)) return draws;
  const double middle = models::middle(stated), center = quantile(draws, 0.5);
  const auto stretch = [&](double end, double drawn) {
    const double wide = std::log(drawn / center);
    return wide == 0 ? 1 : std::log(end / middle) / wide;
  };
  const double below = stretch(stated.low, quantile(draws, 0.025)),
               above = stretch(stated.high, quantile(draws, 0.975));
  for (double& time : draws) {
    const double off = std::log(time / center);
    time = middle * std::exp(off * (off < 0 ? below : above));
  }
  return draws;
}

}  // namespace

WhatIfModel what_if_model(const Subject& subject) {
  const CostStudy& cost = *subject.decision.cost;
  const std::size_t chosen = what_if_offer(cost);
  const models::NodeType& type = cost.offers[chosen].type;
  const std::map<double, double> shares =
      communication_shares(subject.run, subject.decision.study->series);
  WhatIfModel model{.currency = cost.currency,
                    .floor_per_hour = type.coordination_floor_per_hour,
                    .steps_per_result = cost.job.steps / cost.job.results};
  for (const CostPoint& point : cost.points) {
    if (point.offer != chosen || point.label == Label::scenario || !point.is_known()) continue;
    WhatIfNodes at{.nodes = point.nodes, .label = std::string(to_string(point.label))};
    // Of the largest measured rank count up to this one.
    const auto above = shares.upper_bound(point.ranks);
    if (above != shares.begin()) at.communication_share = six_digits(std::prev(above)->second);
    // Failures are a slider of their own.
    const double step = (1 - point.failure_share) / cost.job.steps;
    for (const double time : fitted_to(models::job_times(cost, point), point.time))
      at.times.push_back(six_digits(time * step));
    for (const double time : models::run_times(cost, point))
      at.runs.push_back(six_digits(time * step));
    model.nodes.push_back(std::move(at));
  }
  return model;
}

WhatIfSettings what_if_settings(const CostStudy& cost) {
  WhatIfSettings settings{.price_per_hour = cost.offers[what_if_offer(cost)].type.price_per_hour,
                          .deadline = cost.job.deadline,
                          .results = cost.job.results};
  settings.node_mtbf = cost.job.node_mtbf;
  if (cost.job.checkpoint_time > 0) settings.checkpoint_time = cost.job.checkpoint_time;
  if (cost.job.restart_time > 0) settings.restart_time = cost.job.restart_time;
  return settings;
}

}  // namespace assay::render
