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

std::string why_this_many(const Decision& decision) {
  const CostStudy& cost = *decision.cost;
  const CostPoint& point = *decision.point();
  std::string text =
      cost.job.deadline
          ? fmt::format("The cheapest that meets the deadline of {} with a probability of {}.",
                        show(*cost.job.deadline, "s"), show_percent(point.deadline_probability))
          : "The cheapest; with a deadline (--deadline) it is the cheapest that meets it.";
  if (!cost.job.deadline && decision.balanced && decision.balanced != decision.recommended)
    text += fmt::format(" Cost x time is lowest with {}.",
                        decision::configuration_text(cost.points[*decision.balanced], cost));
  return text;
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

void add_verdict(Node box, const Decision& decision) {
  Node facts = add(box, "p", {{"class", "because"}});
  if (decision.verdict == decision::Verdict::no_verdict) {
    add_badge(facts, "bad", "no verdict");
    add_text(facts, fmt::format(" {}. ", decision.why));
  }
  const CostPoint* point = decision.point();
  if (point == nullptr) return;
  add_badge(facts,
            point->label == Label::measured    ? "good"
            : point->label == Label::projected ? "plain"
                                               : "warn",
            to_string(point->label));
  add_text(facts,
           fmt::format(" {}: {}. {} Ranges are 95 % intervals.", decision.study->series.subject,
                       label_meaning(point->label), result_text(*decision.cost)));
  if (!decision.tied.empty()) add(box, "p", {{"class", "because"}}, decision::ties_text(decision));
}

void add_cost_answers(Node answers, const Subject& subject) {
  const Decision& decision = subject.decision;
  const CostPoint& point = *decision.point();
  const std::string& currency = decision.cost->currency;
  const ResultUnit unit = result_unit_of(*decision.cost);
  const std::string range =
      show_range(unit.count * point.cost.low, unit.count * point.cost.high, currency);
  const bool has_value = is_present(point.cost.value);
  add_answer(
      answers, fmt::format("What do{} {} cost?", unit.count == 1 ? "es" : "", unit.name),
      has_value ? show(unit.count * point.cost.value, currency) : range,
      (has_value ? range : std::string("a range: no point is stated")) +
          (subject.prices ? fmt::format(", prices as of {}{}", subject.prices->nodes.front().as_of,
                                        subject.prices->fictional ? ", fictional" : "")
                          : ", no price given"));
  add_answer(answers, "How many nodes?", nodes_text(point), why_this_many(decision));
}

void add_list(Node box, const char* title, const std::vector<std::string>& items,
              std::size_t most) {
  if (items.empty()) return;
  add(box, "h3", {}, title);
  Node list = add(box, "ol", {{"class", "risks"}});
  for (std::size_t i = 0; i < std::min(most, items.size()); ++i) add(list, "li", {}, items[i]);
}

void add_box(Node section, const ReportInput& input, const Subject& subject) {
  const Decision& decision = subject.decision;
  const CostPoint* point = decision.point();
  const int failed = decision.failed();
  Node box = add(section, "div", {{"class", failed > 0 ? "decision doubtful" : "decision"}});
  if (input.subjects.size() > 1) add(box, "h3", {}, subject.name);
  if (decision.cost)
    add(box, "p", {{"class", "answer"}}, decision::headline(decision));
  else
    add_box_without_cost(box, subject, decision.study);
  add_verdict(box, decision);
  if (decision.study != nullptr) {
    Node answers = add(box, "dl", {{"class", "answers"}});
    if (point != nullptr) add_cost_answers(answers, subject);
    add_answer(answers, "What binds?", decision.binding.what, decision.binding.reason);
    add_answer(answers, "How sure?",
               failed > 0         ? fmt::format("{} check{} failed", failed, failed == 1 ? "" : "s")
               : point != nullptr ? std::string(to_string(point->label))
                                  : "no forecast",
               fmt::format("{}; {} failed and {} warned of the validity checks.",
                           launches_text(*decision.study), failed, decision.warned()));
  }
  if (!decision.retrograde.empty()) add(box, "p", {{"class", "because"}}, decision.retrograde);
  constexpr std::size_t most_risks = 3;
  add_list(box, "Biggest risks", decision.risks, most_risks);
  std::vector<std::string> taken = decision.assumptions;
  if (subject.decision.cost && !subject.decision.priced && !input.redacted)
    taken.emplace_back("no price list was given (--prices FILE): cost stands in node-seconds");
  add_list(box, "What the answer takes for granted", taken, taken.size());
  if (!decision.next_run.empty())
    add(box, "p", {{"class", "because"}}, "What to measure next: " + decision.next_run + ".");
}

void add_decision(Page& page, const ReportInput& input) {
  Node section = page.add_section("decision", input.subjects.size() > 1
                                                  ? "Which one, and how many nodes?"
                                                  : "How many nodes, and what does a result cost?");
  add_comparison(page, section, input);
  for (const Subject& subject : input.subjects) add_box(section, input, subject);
}

const bool decision_section_registered = register_section({.place = 100, .add = add_decision});

}  // namespace

}  // namespace assay::render
