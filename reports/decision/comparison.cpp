#include "reports/decision/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/decision/fingerprint.hpp"
#include "reports/decision/words.hpp"

namespace assay::decision {

namespace {

/// Draws of what an alternative's recommended configuration costs per result, and takes.
struct Draws {
  std::vector<double> costs, times;
};

Draws draws_of(const Decision& decision) {
  const models::CostStudy& cost = *decision.cost;
  Draws draws{models::job_totals(cost, *decision.point()),
              models::job_times(cost, *decision.point())};
  // Per result, without the value of time: what the point's cost says.
  const double waiting = cost.job.value_per_hour / models::seconds_per_hour;
  for (std::size_t j = 0; j < draws.costs.size(); ++j)
    draws.costs[j] = (draws.costs[j] - waiting * draws.times[j]) / cost.job.results;
  return draws;
}

/// P(one draw of `best` is below one of every other), ties counting half.
double probability_of_lowest(const std::vector<Draws>& all, std::size_t best) {
  double sum = 0;
  for (const double cost : all[best].costs) {
    double below_all = 1;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (i != best) below_all *= probability_below({cost}, all[i].costs);
    sum += below_all;
  }
  return sum / static_cast<double>(all[best].costs.size());
}

/// Why costs may not be held against each other; empty where they may.
std::string why_not_ranked(const std::vector<Alternative>& alternatives,
                           const Comparison& comparison) {
  const auto& of = [&](const Comparison::Row& row) -> const Alternative& {
    return alternatives[row.alternative];
  };
  const Comparison::Row& first = comparison.rows.front();
  const models::ScalingSeries& study = of(first).decision->study->series;
  for (const Comparison::Row& row : comparison.rows) {
    const models::ScalingSeries& other = of(row).decision->study->series;
    if (row.currency != first.currency) return "the prices are in different currencies";
    if (other.probe != study.probe || other.operation != study.operation ||
        other.dtype != study.dtype || other.bytes != study.bytes || other.scaling != study.scaling)
      return fmt::format("they ran different work ({} and {})", study.subject, other.subject);
    if (of(row).decision->failed() > 0)
      return fmt::format("a validity check of {} failed", of(row).name);
  }
  return "";
}

bool all_of_one_machine_and_price(const std::vector<Alternative>& alternatives,
                                  const Comparison& comparison) {
  const Comparison::Row& first = comparison.rows.front();
  return std::all_of(
      comparison.rows.begin(), comparison.rows.end(), [&](const Comparison::Row& row) {
        const Alternative &a = alternatives[first.alternative], &b = alternatives[row.alternative];
        return row.point.node_type == first.point.node_type &&
               a.decision->cost->offers[first.point.offer].type.price_per_hour ==
                   b.decision->cost->offers[row.point.offer].type.price_per_hour &&
               are_of_one_machine(*a.run, *b.run);
      });
}

std::string costs_text(const std::vector<Alternative>& alternatives, const Comparison& comparison) {
  const ResultUnit unit = result_unit(models::middle(comparison.rows[comparison.best].point.cost));
  std::string text;
  for (const Comparison::Row& row : comparison.rows)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", alternatives[row.alternative].name,
                        show(unit.count * models::middle(row.point.cost), row.currency));
  return fmt::format("{} for {}", text, unit.name);
}

void say(const std::vector<Alternative>& alternatives, bool one_machine, Comparison& comparison) {
  const std::string& best = alternatives[comparison.rows[comparison.best].alternative].name;
  const std::string costs = costs_text(alternatives, comparison);
  if (comparison.told_apart)
    comparison.headline = fmt::format("{} is {} per result, with a probability of {}.", best,
                                      comparison.rows.size() > 2 ? "the cheapest" : "cheaper",
                                      show_percent(comparison.probability));
  else
    comparison.headline =
        fmt::format("The runs cannot be told apart by cost per result: {}.", costs);
  comparison.because =
      one_machine ? fmt::format(
                        "Both were measured on the same hosts at the same price: {}. What "
                        "differs between them is what two runs of one machine differ by.",
                        costs)
      : comparison.told_apart
          ? costs + "; drawn from the intervals of the fits."
          : fmt::format("{} is the lowest in {} of the draws; {} are asked for.", best,
                        show_percent(comparison.probability), show_percent(told_apart));
  comparison.because +=
      " One run each: what no run covers (another day, other software, other load, other prices) "
      "is "
      "not in the probability.";
}

}  // namespace

Comparison compare(const std::vector<Alternative>& alternatives) {
  Comparison comparison;
  std::vector<Draws> draws;
  for (std::size_t i = 0; i < alternatives.size(); ++i) {
    const Decision& decision = *alternatives[i].decision;
    if (decision.point() == nullptr) continue;
    draws.push_back(draws_of(decision));
    comparison.rows.push_back({i, *decision.point(), decision.cost->currency, absent, absent});
  }
  if (comparison.rows.size() < 2) {
    comparison.headline =
        "The runs cannot be ranked: fewer than two of them hold a scaling study with a law that "
        "fits.";
    return comparison;
  }
  std::string why = why_not_ranked(alternatives, comparison);
  if (why.empty() &&
      std::any_of(draws.begin(), draws.end(), [](const Draws& one) { return one.costs.empty(); }))
    why = "one of them has one launch, whose spread is not known";
  comparison.ranked = why.empty();
  if (!comparison.ranked) {
    comparison.headline = fmt::format("The runs are not ranked by cost: {}.", why);
    return comparison;
  }
  for (std::size_t i = 1; i < comparison.rows.size(); ++i)
    if (models::middle(comparison.rows[i].point.cost) <
        models::middle(comparison.rows[comparison.best].point.cost))
      comparison.best = i;
  for (std::size_t i = 0; i < comparison.rows.size(); ++i)
    if (i != comparison.best) {
      comparison.rows[i].best_is_cheaper =
          probability_below(draws[comparison.best].costs, draws[i].costs);
      comparison.rows[i].best_is_faster =
          probability_below(draws[comparison.best].times, draws[i].times);
    }
  comparison.probability = probability_of_lowest(draws, comparison.best);
  const bool one_machine = all_of_one_machine_and_price(alternatives, comparison);
  comparison.told_apart = comparison.probability >= told_apart && !one_machine;
  say(alternatives, one_machine, comparison);
  return comparison;
}

}  // namespace assay::decision
