#include "reports/decision/decision.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "reports/decision/binding.hpp"
#include "reports/decision/next_step.hpp"
#include "reports/decision/placement.hpp"
#include "reports/decision/risks.hpp"
#include "reports/decision/words.hpp"

namespace assay::decision {

namespace {

using models::CostPoint;
using models::CostStudy;
using models::Scaling;
using models::ScalingStudy;

const ScalingStudy* study_named(const Source& source, const std::string& wanted) {
  std::vector<const ScalingStudy*> found, of_word;
  std::string subjects;
  for (const ScalingStudy& study : source.analysis->scaling) {
    // An exact name wins over whole words, and those over names that merely contain it.
    const std::string& subject = study.series.subject;
    if (subject == wanted) return &study;
    subjects += (subjects.empty() ? "" : "; ") + subject;
    if ((" " + subject + " ").find(" " + wanted + " ") != std::string::npos)
      of_word.push_back(&study);
    if (subject.find(wanted) != std::string::npos) found.push_back(&study);
  }
  if (!of_word.empty()) found = of_word;
  if (found.size() == 1) return found.front();
  const std::string file = source.run->directory.string();
  if (found.empty())
    throw InputError(file, 0, "", fmt::format("no workload matches \"{}\"", wanted),
                     subjects.empty() ? "a workload measured at several rank counts" : subjects);
  throw InputError(file, 0, "", fmt::format("{} workloads match", found.size()),
                   fmt::format("--subject with one of: {}", subjects));
}

const ScalingStudy* chosen_study(const Source& source, const std::string& wanted) {
  return wanted.empty() ? main_study(*source.analysis) : study_named(source, wanted);
}

models::PriceList node_second_prices() {
  const models::NodeType node{.name = std::string(measured_node),
                              .machine = std::string(measured_node),
                              .price_per_hour = models::seconds_per_hour,
                              .relative_speed = 1,
                              .memory_gib = absent,
                              .max_nodes = std::numeric_limits<double>::infinity(),
                              .network_gbps = absent};
  return {.currency = std::string(node_seconds), .fictional = false, .nodes = {node}};
}

/// A study with laws, and where its ranks ran.
struct Measured {
  const Source* source;
  const ScalingStudy* study;
  Placement placement;
};

/// Powers of two to four times what was measured (beyond it all is a scenario), and every count
/// that was.
std::vector<double> default_counts(const std::vector<Measured>& measured) {
  std::vector<double> counts{1};
  for (const Measured& one : measured) {
    const double per_node = one.placement.ranks_per_node;
    for (double n = 2; n * per_node <= 4 * one.study->series.reach.largest; n *= 2)
      counts.push_back(n);
    for (const models::ScalingPoint& point : one.study->series.points)
      for (const double nodes : {point.ranks / per_node, point.nodes})
        if (nodes >= 1 && nodes == std::floor(nodes)) counts.push_back(nodes);
  }
  std::sort(counts.begin(), counts.end());
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
  return counts;
}

/// One offer per type of the list: of the source that measured it, else of the first one.
std::vector<models::Offer> offers_of(const std::vector<Measured>& measured,
                                     const models::PriceList& prices) {
  std::vector<models::Offer> offers;
  for (const models::NodeType& type : prices.nodes) {
    const auto own = std::find_if(measured.begin(), measured.end(), [&](const Measured& one) {
      return !one.source->type.empty() && one.source->type == type.machine;
    });
    const bool is_own = own != measured.end();
    const Measured& from = is_own ? *own : measured.front();
    offers.push_back({type, &*from.study->selection, from.placement.ranks_per_node, is_own});
  }
  return offers;
}

std::optional<std::size_t> balanced_point(const CostStudy& cost) {
  std::optional<std::size_t> best;
  const auto product = [&](std::size_t i) {
    return cost.points[i].cost.value * cost.points[i].time.value;
  };
  for (std::size_t i = 0; i < cost.points.size(); ++i)
    if (models::has_point(cost.points[i].label) && cost.points[i].time.value > 0 &&
        (!best || product(i) < product(*best)))
      best = i;
  return best;
}

/// P(the total of `a` is below that of `b`): draw by draw where both come of the same launches.
double probability_cheaper(const CostStudy& cost, const CostPoint& a, const CostPoint& b) {
  const std::vector<double> of_a = models::job_totals(cost, a), of_b = models::job_totals(cost, b);
  if (of_a.empty() || of_b.empty()) return absent;
  if (cost.offers[a.offer].selection != cost.offers[b.offer].selection ||
      of_a.size() != of_b.size())
    return probability_below(of_a, of_b);
  double below = 0;
  for (std::size_t j = 0; j < of_a.size(); ++j)
    below += of_a[j] < of_b[j] ? 1 : of_a[j] == of_b[j] ? 0.5 : 0;
  return below / static_cast<double>(of_a.size());
}

std::vector<std::size_t> ties_of(const CostStudy& cost, std::size_t recommended) {
  std::vector<std::size_t> tied;
  for (std::size_t i = 0; i < cost.points.size(); ++i) {
    const CostPoint& other = cost.points[i];
    if (i == recommended || other.label == Label::scenario || !models::meets(cost.job, other))
      continue;
    const double cheaper = probability_cheaper(cost, cost.points[recommended], other);
    if (is_present(cheaper) && cheaper < told_apart) tied.push_back(i);
  }
  return tied;
}

/// What else was measured and is not in the answer; empty where nothing is.
std::string others_text(const ScalingStudy& chosen, const models::Analysis& analysis) {
  constexpr std::size_t most_named = 3;
  std::vector<std::string> others;
  for (const ScalingStudy& study : analysis.scaling)
    if (&study != &chosen && study.selection) others.push_back(study.series.subject);
  if (others.empty()) return "";
  std::string text = fmt::format("the answer is for {}; also measured", chosen.series.subject);
  for (std::size_t i = 0; i < std::min(others.size(), most_named); ++i)
    text += (i == 0 ? ": " : "; ") + others[i];
  if (others.size() > most_named) text += fmt::format("; and {} more", others.size() - most_named);
  return text + " (--subject chooses)";
}

std::vector<std::string> assumptions_of(const Decision& decision,
                                        const models::Analysis& analysis) {
  std::vector<std::string> list{decision.placement.text};
  if (const std::string others = others_text(*decision.study, analysis); !others.empty())
    list.push_back(others);
  const models::Job& job = decision.cost->job;
  if (decision.study->series.scaling == Scaling::weak)
    list.push_back(fmt::format(
        "weak scaling: a step on N ranks does N/{:g} times the work of one on {:g}; "
        "the job is counted in steps of that size",
        decision.study->series.points.front().ranks, decision.study->series.points.front().ranks));
  if (!job.node_mtbf) list.emplace_back("failures are left out: no --node-mtbf");
  if (!job.deadline && !job.budget && job.value_per_hour == 0)
    list.emplace_back(
        "without a deadline or a value of time the fewest nodes are nearly always the cheapest");
  return list;
}

/// "the deadline and the memory": what the job asks for.
std::string demands_text(const CostStudy& cost) {
  std::vector<std::string> demands;
  if (cost.job.deadline) demands.emplace_back("the deadline");
  if (cost.job.budget) demands.emplace_back("the budget");
  if (cost.job.memory) demands.emplace_back("the memory");
  if (demands.empty()) return "the job";
  std::string text = demands.front();
  for (std::size_t i = 1; i < demands.size(); ++i)
    text += (i + 1 == demands.size() ? " and " : ", ") + demands[i];
  return text;
}

/// Where no configuration can run at all, more measuring does not help.
bool none_can_run(const CostStudy& cost) {
  return std::none_of(cost.points.begin(), cost.points.end(),
                      [](const CostPoint& point) { return point.feasible; });
}

void set_verdict(Decision& decision) {
  const CostPoint* point = decision.point();
  if (decision.failed() > 0) {
    std::string names;
    for (const Check& check : decision.checks)
      if (check.verdict == "failed" && names.find(check.name) == std::string::npos)
        names += (names.empty() ? "" : ", ") + check.name;
    decision.verdict = Verdict::no_verdict;
    decision.why = fmt::format("{} validity check{} failed ({}): do not decide on this run yet",
                               decision.failed(), decision.failed() == 1 ? "" : "s", names);
  } else if (!decision.cost) {
    decision.verdict = Verdict::inconclusive;
    decision.why = "no law of scaling could be fitted to a workload of this run";
  } else if (point == nullptr) {
    decision.verdict = Verdict::inconclusive;
    decision.why = "no configuration considered meets " + demands_text(*decision.cost);
  } else if (point->label == Label::scenario) {
    decision.verdict = Verdict::inconclusive;
    decision.why = "the answer is a scenario: further than the measurements carry";
  }
}

Decision without_cost(Decision decision) {
  decision.risks = risks_of(decision, nullptr);
  set_verdict(decision);
  return decision;
}

}  // namespace

const ScalingStudy* main_study(const models::Analysis& analysis) {
  const ScalingStudy* best = nullptr;
  const auto score = [](const ScalingStudy& study) {
    return (study.selection ? 1000 : 0) + (study.series.scaling == Scaling::strong ? 500 : 0) -
           (study.series.untrusted ? 200 : 0) +
           static_cast<int>(std::min<std::size_t>(100, study.series.points.size()));
  };
  for (const ScalingStudy& study : analysis.scaling)
    if (!study.series.points.empty() && (best == nullptr || score(study) > score(*best)))
      best = &study;
  return best;
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

Decision decide(const std::vector<Source>& sources, const models::PriceList* prices,
                const Inquiry& inquiry) {
  Decision decision{.priced = prices != nullptr};
  std::vector<Measured> measured;
  for (const Source& source : sources) {
    for (Check& check : checks_of(*source.run, *source.analysis))
      decision.checks.push_back(std::move(check));
    const ScalingStudy* study = chosen_study(source, inquiry.subject);
    if (decision.study == nullptr) decision.study = study;
    if (study != nullptr && study->selection)
      measured.push_back({&source, study, placement_of(study->series, inquiry.job.ranks_per_node)});
  }
  std::stable_partition(decision.checks.begin(), decision.checks.end(),
                        [](const Check& check) { return check.verdict == "failed"; });
  if (decision.study != nullptr) {
    decision.binding = what_binds(*sources.front().run, *sources.front().analysis, *decision.study);
    decision.retrograde = retrograde_text(*decision.study);
  }
  if (measured.empty()) return without_cost(std::move(decision));
  decision.placement = measured.front().placement;
  const models::PriceList list = prices != nullptr ? *prices : node_second_prices();
  decision.cost = models::cost_study(
      offers_of(measured, list), inquiry.job, list,
      inquiry.node_counts.empty() ? default_counts(measured) : inquiry.node_counts);
  decision.recommended = decision.cost->cheapest;
  if (decision.recommended) decision.tied = ties_of(*decision.cost, *decision.recommended);
  decision.balanced = balanced_point(*decision.cost);
  decision.assumptions = assumptions_of(decision, *sources.front().analysis);
  decision.risks = risks_of(decision, prices);
  if (!none_can_run(*decision.cost)) decision.next_run = next_step(decision);
  set_verdict(decision);
  return decision;
}

ExitCode exit_code(const Decision& decision) {
  switch (decision.verdict) {
    case Verdict::answered:
      return ExitCode::done;
    case Verdict::inconclusive:
      return ExitCode::inconclusive;
    case Verdict::no_verdict:
      return ExitCode::environment_differs;
  }
  return ExitCode::inconclusive;
}

}  // namespace assay::decision
