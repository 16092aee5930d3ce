#include "reports/decision/words.hpp"

#include <fmt/format.h>

#include <cmath>

namespace assay::decision {

namespace {

using models::CostPoint;
using models::CostStudy;

/// Other configurations that are named each; further ones are counted.
constexpr std::size_t most_named = 3;

std::string interval_text(const Estimate<double>& e, double factor, std::string_view unit_name) {
  if (!is_present(e.value)) return show_range(factor * e.low, factor * e.high, unit_name);
  return show_with_range(factor * e.value, factor * e.low, factor * e.high, unit_name);
}

std::string no_answer(const Decision& decision) {
  if (decision.study == nullptr) return "no decision can be drawn from this run";
  if (decision.cost && decision.cost->job.deadline)
    return fmt::format("No configuration meets the deadline of {} nine times in ten",
                       show(*decision.cost->job.deadline, "s"));
  return decision.cost ? "No configuration considered meets the job"
                       : "no decision can be drawn from this run";
}

void add_type_lines(const CostStudy& cost, std::vector<std::string>& lines) {
  for (std::size_t i = 0; i < cost.offers.size(); ++i) {
    const std::string& name = cost.offers[i].type.name;
    if (cost.smallest_in_time[i])
      lines.push_back(
          fmt::format("smallest that meets the deadline with probability 0.9: {:g} x {}",
                      cost.points[*cost.smallest_in_time[i]].nodes, name));
    if (cost.beats_single_node[i])
      lines.push_back(fmt::format("fastest single node beaten from {:g} x {} on (COST)",
                                  *cost.beats_single_node[i], name));
  }
}

void add_study_lines(const models::ScalingStudy& study, std::vector<std::string>& lines) {
  lines.push_back(models::describe(study.series.reach));
  if (study.selection)
    for (const std::string& alarm : study.selection->alarms) lines.push_back("alarm: " + alarm);
  for (const std::string& note : study.series.notes) lines.push_back(note);
}

}  // namespace

std::string nodes_text(const CostPoint& point) {
  const std::string count = show_count(std::llround(point.nodes));
  const std::string layout = point.own_layout ? fmt::format(" with {:g} rank{} in all", point.ranks,
                                                            point.ranks == 1 ? "" : "s")
                                              : "";
  if (point.node_type != measured_node)
    return fmt::format("{} x {}{}", count, point.node_type, layout);
  return fmt::format("{} node{}{}", count, point.nodes == 1 ? "" : "s", layout);
}

ResultUnit result_unit_of(const CostStudy& cost) {
  if (cost.cheapest) return result_unit(models::middle(cost.points[*cost.cheapest].cost));
  double least = absent;
  for (const CostPoint& point : cost.points)
    if (is_present(point.cost.high) && !(point.cost.high >= least)) least = point.cost.high;
  return result_unit(least);
}

std::string configuration_text(const CostPoint& point, const CostStudy& cost) {
  const ResultUnit unit = result_unit_of(cost);
  const bool one_step = cost.job.steps == 1 && cost.job.results == 1;
  return fmt::format("{}: {} for {}, {} in {}", nodes_text(point),
                     interval_text(point.cost, unit.count, cost.currency), unit.name,
                     one_step ? "each" : "the whole job", interval_text(point.time, 1, "s"));
}

std::string headline(const Decision& decision) {
  const CostPoint* point = decision.point();
  if (point == nullptr) return no_answer(decision) + ".";
  const bool explained = decision.cost->offers[point->offer].selection->explained;
  return fmt::format("{}{}.", explained ? "" : "No law fits these times; as measured, ",
                     configuration_text(*point, *decision.cost));
}

std::string retrograde_text(const models::ScalingStudy& study) {
  std::string text = study.selection ? models::fastest(*study.selection).sentence : "";
  if (text.empty()) return text;
  text[0] = 'B';
  return text + ".";
}

std::string ties_text(const Decision& decision) {
  std::string text;
  for (std::size_t i = 0; i < std::min(decision.tied.size(), most_named); ++i)
    text += (text.empty() ? "" : "; ") +
            configuration_text(decision.cost->points[decision.tied[i]], *decision.cost);
  if (decision.tied.size() > most_named)
    text += fmt::format("; and {} more", decision.tied.size() - most_named);
  const bool has_value = decision.cost && decision.cost->job.value_per_hour > 0;
  return text.empty() ? ""
                      : fmt::format("Cannot be told apart by {}: {}.",
                                    has_value ? "cost and value of time together" : "cost", text);
}

/// What was put together from other tools' figures was measured by nobody as a whole.
std::string origin(const Decision& decision) {
  if (decision.study == nullptr || decision.study->series.provider != "imported") return "";
  return "; " + decision.study->series.operation;
}

std::vector<std::string> sentences(const Decision& decision) {
  std::vector<std::string> lines;
  if (decision.verdict == Verdict::no_verdict) lines.push_back("NO VERDICT: " + decision.why);
  if (decision.verdict == Verdict::inconclusive) lines.push_back("inconclusive: " + decision.why);
  if (const CostPoint* point = decision.point())
    lines.push_back(fmt::format("buy {} [{}{}]{}", headline(decision), to_string(point->label),
                                origin(decision),
                                point->note.empty() ? "" : " (" + point->note + ")"));
  if (!decision.tied.empty()) lines.push_back(ties_text(decision));
  if (decision.cost) {
    add_type_lines(*decision.cost, lines);
    if (decision.balanced && decision.balanced != decision.recommended)
      lines.push_back(
          "lowest cost x time: " +
          configuration_text(decision.cost->points[*decision.balanced], *decision.cost));
  }
  if (!decision.binding.what.empty())
    lines.push_back(
        fmt::format("what binds: {}: {}", decision.binding.what, decision.binding.reason));
  if (!decision.retrograde.empty()) lines.push_back(decision.retrograde);
  if (decision.study != nullptr) add_study_lines(*decision.study, lines);
  if (!decision.next_run.empty()) lines.push_back(decision.next_run);
  for (const std::string& assumption : decision.assumptions) lines.push_back(assumption);
  for (const Check& check : decision.checks)
    if (check.verdict == "failed" || check.verdict == "warning")
      lines.push_back(fmt::format("{}: {}{}: {}", check.verdict, check.name,
                                  check.host.empty() ? "" : " on " + check.host, check.finding));
  if (decision.cost && decision.cost->prices.fictional)
    lines.emplace_back("the price list is FICTIONAL");
  return lines;
}

}  // namespace assay::decision
