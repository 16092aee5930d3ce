#include "reports/render/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>

#include "probes/core/statistics.hpp"
#include "reports/render/numbers.hpp"

namespace assay::render {

using models::CostPoint;
using models::CostStudy;
using models::Scaling;
using models::ScalingStudy;

namespace {

/// The node type of a study without prices.
constexpr std::string_view measured_node = "measured node";

std::string sentence(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text + ".";
}

}  // namespace

const ScalingStudy* main_study(const Subject& subject) {
  const ScalingStudy* best = nullptr;
  const auto score = [](const ScalingStudy& study) {
    return (study.contest ? 1000 : 0) + (study.series.scaling == Scaling::strong ? 500 : 0) -
           (study.series.untrusted ? 200 : 0) +
           static_cast<int>(std::min<std::size_t>(100, study.series.points.size()));
  };
  for (const ScalingStudy& study : subject.analysis.scaling)
    if (!study.series.points.empty() && (best == nullptr || score(study) > score(*best)))
      best = &study;
  return best;
}

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
  const ScalingStudy* main = main_study(subject);
  const auto weight = [&](const ScalingStudy* study) {
    return (study == main ? 0 : 4) + (study->contest ? 0 : 2) + (study->series.untrusted ? 1 : 0);
  };
  std::stable_sort(list.begin(), list.end(), [&](const ScalingStudy* a, const ScalingStudy* b) {
    return weight(a) < weight(b);
  });
  if (list.size() > most_studies) list.resize(most_studies);
  return list;
}

std::string nodes_text(const CostPoint& point) {
  const std::string count = show_count(std::llround(point.nodes));
  if (point.node_type != measured_node) return fmt::format("{} x {}", count, point.node_type);
  return fmt::format("{} node{}", count, point.nodes == 1 ? "" : "s");
}

std::string headline(const CostPoint& point, const CostStudy& cost, const ScalingStudy& study) {
  const bool explained = !study.contest || study.contest->explained;
  const ResultUnit unit = result_unit(point.cost.value);
  const bool one_step = cost.job.steps == 1 && cost.job.results == 1;
  return fmt::format("{}{}: {} for {}, {} in {}.",
                     explained ? "" : "No law fits these times; as measured, ", nodes_text(point),
                     show_with_range(unit.count * point.cost.value, unit.count * point.cost.low,
                                     unit.count * point.cost.high, cost.currency),
                     unit.name, one_step ? "each" : "the whole job",
                     show_with_range(point.time.value, point.time.low, point.time.high, "s"));
}

ResultUnit result_unit_of(const CostStudy& cost) {
  if (const CostPoint* point = recommended(cost)) return result_unit(point->cost.value);
  double least = absent;
  for (const CostPoint& point : cost.points)
    if (is_present(point.cost.high) && !(point.cost.high >= least)) least = point.cost.high;
  return result_unit(least);
}

double ranks_per_node(const Subject& subject, const ScalingStudy& study) {
  double most = 1;
  const Text probe(study.series.probe);
  for (const Record& row : subject.run.records)
    if (row.probe == probe && row.ranks > 0)
      most = std::max(most, static_cast<double>(row.ranks) /
                                static_cast<double>(std::max<std::int64_t>(1, row.nodes)));
  return most;
}

std::optional<CostStudy> cost_for(const ReportInput& input, const Subject& subject,
                                  const ScalingStudy& study) {
  models::Job job = input.job;
  if (job.ranks_per_node <= 0) job.ranks_per_node = ranks_per_node(subject, study);
  if (subject.prices) return models::cost_of(study, *subject.prices, job);
  models::NodeType node{.name = std::string(measured_node),
                        .price_per_hour = 3600,
                        .as_of = {},
                        .relative_speed = 1,
                        .memory_gib = absent,
                        .max_nodes = std::numeric_limits<double>::infinity(),
                        .network_gbps = absent,
                        .coordination_floor_per_hour = 0};
  return models::cost_of(
      study, {.currency = std::string(node_seconds), .fictional = false, .nodes = {node}}, job);
}

const CostPoint* recommended(const CostStudy& cost) {
  if (cost.job.deadline) return cost.cheapest ? &cost.points[*cost.cheapest] : nullptr;
  const CostPoint* best = nullptr;
  for (const CostPoint& point : cost.points) {
    if (!models::has_point(point.label) || !(point.time.value > 0)) continue;
    if (best == nullptr ||
        point.cost.value * point.time.value < best->cost.value * best->time.value)
      best = &point;
  }
  return best;
}

namespace {

/// Median of a metric at the largest rank count of the study; NaN when there is none.
double at_largest(const Subject& subject, const ScalingStudy& study, std::string_view metric) {
  std::vector<double> values;
  const auto ranks = static_cast<std::int64_t>(std::llround(study.series.points.back().ranks));
  for (const Record* row : measured(subject.run, study.series.probe, metric))
    if (row->ranks == ranks && row->provider.str() == study.series.provider &&
        row->algorithm.str() == study.series.algorithm)
      values.push_back(row->median);
  return values.empty() ? absent : median(values);
}

const models::RooflinePoint* workload_point(const Subject& subject) {
  for (const auto& roofline : subject.analysis.rooflines)
    for (const auto& point : roofline.points)
      if (point.name.starts_with("workload")) return &point;
  return nullptr;
}

}  // namespace

Binding what_binds(const Subject& subject, const ScalingStudy& study) {
  const auto& points = study.series.points;
  const double growth = points.back().ranks / points.front().ranks;
  const double ratio = models::typical_time(points.front()) / models::typical_time(points.back());
  const double efficiency = study.series.scaling == Scaling::weak ? ratio : ratio / growth;
  const double step = at_largest(subject, study, "step_time"),
               exposed = at_largest(subject, study, "exposed_time");
  const double share = exposed / step;
  const bool one_node = study.series.ranks_per_node() >= points.back().ranks;
  const std::string where =
      fmt::format("at {} ranks{}", show_count(std::llround(points.back().ranks)),
                  one_node ? " of one node" : "");
  if (is_present(share) && share > 0.5 * (1 - efficiency) && share > 0.1)
    return {"Communication",
            fmt::format(
                "{} of a step {} is communication that compute does not hide; efficiency is {}.",
                show_percent(share), where, show_percent(efficiency))};
  if (study.contest && !study.contest->explained)
    return {"Not known: no law fits",
            fmt::format("Efficiency {} is {}, but the times do not go with the rank count as any "
                        "law here would have them.",
                        where, show_percent(efficiency))};
  if (efficiency < 0.7 && study.amdahl)
    return {
        study.amdahl->karp_flatt.overhead_grows ? "Overhead that grows with ranks"
                                                : "The serial part",
        fmt::format("Efficiency {} is {}; the serial fraction is {}.", where,
                    show_percent(efficiency), show_percent(study.amdahl->serial_fraction.value))};
  if (const auto* point = workload_point(subject); point != nullptr)
    return {point->bound == "fma" ? "Compute" : fmt::format("Memory bandwidth ({})", point->bound),
            fmt::format("{} runs at {} of what its roof allows, at {} FLOP/B.", point->name,
                        show_percent(1 / point->headroom), show_digits(point->intensity.value()))};
  return {"The nodes themselves",
          fmt::format("Efficiency {} is {}: {}.", where, show_percent(efficiency),
                      one_node ? "its cores are all put to use; what a second node adds, nobody "
                                 "measured (srun or mpirun assay run)"
                               : "more nodes still pay; a faster node would, too")};
}

namespace {

/// The type that the what-if is about: the recommended point's, else the first.
const models::NodeType& what_if_type(const CostStudy& cost) {
  if (const CostPoint* point = recommended(cost))
    for (const models::NodeType& type : cost.prices.nodes)
      if (type.name == point->node_type) return type;
  return cost.prices.nodes.front();
}

/// Exposed communication per step, by rank count; medians over launches.
std::map<double, double> communication_shares(const Subject& subject, const ScalingStudy& study) {
  std::map<double, std::vector<double>> step, exposed;
  const auto collect = [&](std::string_view metric, std::map<double, std::vector<double>>& into) {
    for (const Record* row : measured(subject.run, study.series.probe, metric))
      if (row->provider.str() == study.series.provider &&
          row->algorithm.str() == study.series.algorithm &&
          row->scaling == (study.series.scaling == Scaling::weak ? "weak" : "strong"))
        into[static_cast<double>(row->ranks)].push_back(row->median);
  };
  collect("step_time", step);
  collect("exposed_time", exposed);
  std::map<double, double> shares;
  for (const auto& [ranks, times] : step)
    if (const auto found = exposed.find(ranks); found != exposed.end())
      shares[ranks] = std::clamp(median(found->second) / median(times), 0.0, 1.0);
  return shares;
}

}  // namespace

WhatIfModel what_if_model(const Subject& subject, const ScalingStudy& study,
                          const CostStudy& cost) {
  const models::NodeType& type = what_if_type(cost);
  const std::map<double, double> shares = communication_shares(subject, study);
  WhatIfModel model{.currency = cost.currency,
                    .floor_per_hour = type.coordination_floor_per_hour,
                    .steps_per_result = cost.job.steps / cost.job.results};
  for (std::size_t i = 0; i < cost.draw_ranks.size(); ++i) {
    const double ranks = cost.draw_ranks[i], nodes = ranks / cost.job.ranks_per_node;
    const Label label = study.contest ? study.contest->at(ranks).label : Label::scenario;
    if (label == Label::scenario || nodes > type.max_nodes) continue;
    WhatIfNodes at{.nodes = nodes, .label = std::string(to_string(label))};
    // Of the largest measured rank count up to this one.
    const auto above = shares.upper_bound(ranks);
    if (above != shares.begin()) at.communication_share = six_digits(std::prev(above)->second);
    for (const double time : cost.draw_times[i])
      at.times.push_back(six_digits(time / type.relative_speed));
    model.nodes.push_back(std::move(at));
  }
  return model;
}

WhatIfSettings what_if_settings(const CostStudy& cost) {
  WhatIfSettings settings{.price_per_hour = what_if_type(cost).price_per_hour,
                          .deadline = cost.job.deadline,
                          .results = cost.job.results};
  settings.node_mtbf = cost.job.node_mtbf;
  if (cost.job.checkpoint_time > 0) settings.checkpoint_time = cost.job.checkpoint_time;
  if (cost.job.restart_time > 0) settings.restart_time = cost.job.restart_time;
  return settings;
}

double probability_below(std::vector<double> a, std::vector<double> b) {
  std::sort(b.begin(), b.end());
  double sum = 0;
  for (const double value : a) {
    const auto above = static_cast<double>(b.end() - std::upper_bound(b.begin(), b.end(), value));
    const auto at_least =
        static_cast<double>(b.end() - std::lower_bound(b.begin(), b.end(), value));
    sum += (above + at_least) / 2;
  }
  return sum / (static_cast<double>(a.size()) * static_cast<double>(b.size()));
}

namespace {

std::string member(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

int rank(const std::string& verdict) {
  return verdict == "failed" ? 0 : verdict == "warning" ? 1 : verdict == "unknown" ? 2 : 3;
}

}  // namespace

std::vector<Check> checks_of(const RunData& run) {
  std::vector<Check> checks;
  for (const std::string& warning : run.warnings)
    checks.push_back(
        {"run directory", "", "warning", warning, "Measure again for a complete report."});
  if (run.run.contains("checks") && run.run["checks"].is_array())
    for (const nlohmann::json& check : run.run["checks"])
      if (check.is_object())
        checks.push_back({member(check, "name"), member(check, "host"), member(check, "verdict"),
                          member(check, "finding"), member(check, "advice")});
  const auto untrusted =
      std::count_if(run.records.begin(), run.records.end(),
                    [](const Record& row) { return row.status == Status::untrusted; });
  const auto incorrect =
      std::count_if(run.records.begin(), run.records.end(),
                    [](const Record& row) { return row.status == Status::incorrect; });
  if (incorrect > 0)
    checks.push_back(
        {"correct results", "", "failed",
         fmt::format("{} of {} points gave a wrong result and carry no time", incorrect,
                     run.records.size()),
         "Look at their reasons before anything else: wrong results are no measurement."});
  if (untrusted > 0)
    checks.push_back(
        {"trusted points", "", "warning",
         fmt::format("{} of {} points are marked untrusted", untrusted, run.records.size()),
         "Their reasons stand beside them in the sections below."});
  std::stable_sort(checks.begin(), checks.end(), [](const Check& a, const Check& b) {
    return rank(a.verdict) < rank(b.verdict);
  });
  return checks;
}

int checks_with(const RunData& run, std::string_view verdict) {
  const std::vector<Check> checks = checks_of(run);
  return static_cast<int>(std::count_if(
      checks.begin(), checks.end(), [&](const Check& check) { return check.verdict == verdict; }));
}

std::vector<std::string> risks_of(const ReportInput& input, const Subject& subject,
                                  const ScalingStudy* study, const CostPoint* point) {
  std::vector<std::string> risks;
  if (const int failed = checks_with(subject.run, "failed"); failed > 0)
    risks.push_back(fmt::format("{} validity check{} failed: read the next section first.", failed,
                                failed == 1 ? "" : "s"));
  for (const std::string& warning : subject.run.warnings) risks.push_back(sentence(warning));
  if (study != nullptr) {
    if (study->series.untrusted)
      risks.emplace_back("The scaling rests on rows marked untrusted, for want of others.");
    if (study->contest)
      for (const std::string& alarm : study->contest->alarms) risks.push_back(sentence(alarm));
    std::size_t fewest = study->series.points.front().times.size();
    for (const auto& at : study->series.points) fewest = std::min(fewest, at.times.size());
    if (fewest < 5)
      risks.push_back(
          fmt::format("Only {} launch{} at some rank counts: the spread between launches is poorly "
                      "known (five are advised).",
                      fewest, fewest == 1 ? "" : "es"));
    risks.push_back(fmt::format("Network reach: {}.", models::describe(study->series.reach)));
  }
  if (point != nullptr && !point->note.empty()) risks.push_back(sentence(point->note));
  if (const int warned = checks_with(subject.run, "warning"); warned > 0)
    risks.push_back(fmt::format("{} validity check{} warned.", warned, warned == 1 ? "" : "s"));
  if (subject.prices && subject.prices->fictional)
    risks.insert(risks.begin(), "The price list says that it is fictional.");
  if (!subject.prices && !input.redacted)
    risks.emplace_back("No price list was given (--prices FILE): cost stands in node-seconds.");
  return risks;
}

}  // namespace assay::render
