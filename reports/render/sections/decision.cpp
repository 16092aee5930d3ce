/// @file
/// Section 1: the question, the answer with its range and label, what binds, how sure, the biggest
/// risks.

#include <fmt/format.h>

#include <cmath>

#include "reports/render/findings.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"

namespace assay::render {

namespace {

using models::CostPoint;
using models::CostStudy;
using models::ScalingStudy;

void add_answer(Node list, std::string_view question, const std::string& value,
                const std::string& how) {
  Node group = add(list, "div");
  add(group, "dt", {}, question);
  add(group, "dd", {{"class", "value"}}, value);
  add(group, "dd", {{"class", "how"}}, how);
}

std::string launches_text(const ScalingStudy& study) {
  std::size_t fewest = study.series.points.front().times.size(), all = 0;
  for (const auto& point : study.series.points) {
    fewest = std::min(fewest, point.times.size());
    all += point.times.size();
  }
  return fmt::format("{} launches over {} rank counts, at least {} each", all,
                     study.series.points.size(), fewest);
}

std::string result_text(const CostStudy& cost) {
  if (cost.job.steps == 1 && cost.job.results == 1)
    return "One result is one step of the workload.";
  return fmt::format(
      "The job is {} steps for {} result(s).", show_count(std::llround(cost.job.steps)),
      cost.job.results == std::floor(cost.job.results) ? show_count(std::llround(cost.job.results))
                                                       : show_digits(cost.job.results));
}

std::string why_this_many(const CostPoint& point, const CostStudy& cost) {
  if (cost.job.deadline)
    return fmt::format("The cheapest that meets the deadline of {} with a probability of {}.",
                       show(*cost.job.deadline, "s"), show_percent(point.deadline_probability));
  return "Where cost x time is lowest; with a deadline (--deadline) it is the cheapest that meets "
         "it.";
}

void add_box_without_cost(Node box, const Subject& subject, const ScalingStudy* study) {
  add(box, "p", {{"class", "answer"}},
      study == nullptr ? "This run describes the machine; it holds no workload to decide on."
                       : "The workload was measured, but no law of scaling could be fitted.");
  Node because = add(box, "p", {{"class", "because"}});
  if (study == nullptr) {
    add_text(because, "Run assay run, or assay suite gradient, for scaling and cost.");
  } else {
    for (const std::string& missing : study->missing) add_text(because, missing + ". ");
  }
  if (!subject.run.records.empty()) return;
  add(box, "p", {{"class", "because"}}, "The run directory holds no measured point at all.");
}

void add_box(Page&, Node section, const ReportInput& input, const Subject& subject) {
  const ScalingStudy* study = main_study(subject);
  const auto cost = study != nullptr ? cost_for(input, subject, *study) : std::nullopt;
  const CostPoint* point = cost ? recommended(*cost) : nullptr;
  Node box =
      add(section, "div",
          {{"class", checks_with(subject.run, "failed") > 0 ? "decision doubtful" : "decision"}});
  if (input.subjects.size() > 1) add(box, "h3", {}, subject.name);
  if (point == nullptr) {
    if (cost && cost->job.deadline)
      add(box, "p", {{"class", "answer"}},
          fmt::format("No configuration meets the deadline of {} nine times in ten.",
                      show(*cost->job.deadline, "s")));
    else
      add_box_without_cost(box, subject, study);
  } else {
    add(box, "p", {{"class", "answer"}}, headline(*point, *cost, *study));
  }
  Node facts = add(box, "p", {{"class", "because"}});
  if (const int failed = checks_with(subject.run, "failed"); failed > 0) {
    add_badge(facts, "bad", "do not decide on this run yet");
    add_text(facts, " ");
  }
  if (point != nullptr) {
    add_badge(facts,
              point->label == Label::measured    ? "good"
              : point->label == Label::projected ? "plain"
                                                 : "warn",
              to_string(point->label));
    add_text(facts, fmt::format(" {}: {}. {} Ranges are 95 % intervals.", study->series.subject,
                                label_meaning(point->label), result_text(*cost)));
  }
  if (study != nullptr) {
    Node answers = add(box, "dl", {{"class", "answers"}});
    if (point != nullptr) {
      const ResultUnit unit = result_unit_of(*cost);
      const std::string range =
          show_range(unit.count * point->cost.low, unit.count * point->cost.high, cost->currency);
      add_answer(
          answers, fmt::format("What do{} {} cost?", unit.count == 1 ? "es" : "", unit.name),
          show(unit.count * point->cost.value, cost->currency),
          range + (subject.prices
                       ? fmt::format(", prices as of {}{}", subject.prices->nodes.front().as_of,
                                     subject.prices->fictional ? ", fictional" : "")
                       : ", no price given"));
      add_answer(answers, "How many nodes?", nodes_text(*point), why_this_many(*point, *cost));
    }
    const Binding binding = what_binds(subject, *study);
    add_answer(answers, "What binds?", binding.what, binding.reason);
    const int failed = checks_with(subject.run, "failed"),
              warned = checks_with(subject.run, "warning");
    add_answer(answers, "How sure?",
               failed > 0         ? fmt::format("{} check{} failed", failed, failed == 1 ? "" : "s")
               : point != nullptr ? std::string(to_string(point->label))
                                  : "no forecast",
               fmt::format("{}; {} failed and {} warned of the validity checks.",
                           launches_text(*study), failed, warned));
  }
  const std::vector<std::string> risks = risks_of(input, subject, study, point);
  if (risks.empty()) return;
  add(box, "h3", {}, "Biggest risks");
  Node list = add(box, "ol", {{"class", "risks"}});
  for (std::size_t i = 0; i < std::min<std::size_t>(3, risks.size()); ++i)
    add(list, "li", {}, risks[i]);
}

}  // namespace

void add_decision(Page& page, const ReportInput& input) {
  Node section = page.add_section("decision", input.subjects.size() > 1
                                                  ? "Which one, and how many nodes?"
                                                  : "How many nodes, and what does a result cost?");
  add_comparison(page, section, input);
  for (const Subject& subject : input.subjects) add_box(page, section, input, subject);
}

}  // namespace assay::render
