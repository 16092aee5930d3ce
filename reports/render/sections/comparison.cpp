/// @file
/// Part of section 1: several runs side by side: which is cheaper per result, with the probability.

#include <fmt/format.h>

#include <algorithm>

#include "reports/render/findings.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/sections/sections.hpp"

namespace assay::render {

namespace {

/// A subject at the point the report recommends, with the draws behind it.
struct Candidate {
  const Subject* subject;
  std::string currency;
  models::CostPoint point;
  std::vector<double> costs, times;
};

std::optional<Candidate> candidate_of(const ReportInput& input, const Subject& subject) {
  const models::ScalingStudy* study = main_study(subject);
  if (study == nullptr) return std::nullopt;
  const auto cost = cost_for(input, subject, *study);
  if (!cost) return std::nullopt;
  const models::CostPoint* point = recommended(*cost);
  if (point == nullptr) return std::nullopt;
  Candidate candidate{&subject, cost->currency, *point, {}, {}};
  for (std::size_t i = 0; i < cost->draw_ranks.size(); ++i)
    if (cost->draw_ranks[i] == point->ranks)
      for (const double time : cost->draw_times[i]) {
        // The interval's own centre, so that rows and probability speak of the same numbers.
        const double scale = point->time.value / study->contest->median_time(point->ranks);
        candidate.times.push_back(time * scale);
        candidate.costs.push_back(point->cost.value * (time * scale) / point->time.value);
      }
  if (candidate.costs.empty()) return std::nullopt;
  return candidate;
}

/// P(one draw of `best` is below one of every other), ties counting half.
double probability_of_cheapest(const std::vector<Candidate>& candidates, const Candidate& best) {
  double sum = 0;
  for (const double cost : best.costs) {
    double below_all = 1;
    for (const Candidate& other : candidates)
      if (&other != &best) below_all *= probability_below({cost}, other.costs);
    sum += below_all;
  }
  return sum / static_cast<double>(best.costs.size());
}

}  // namespace

void add_comparison(Page& page, Node section, const ReportInput& input) {
  if (input.subjects.size() < 2) return;
  std::vector<Candidate> candidates;
  for (const Subject& subject : input.subjects)
    if (auto candidate = candidate_of(input, subject)) candidates.push_back(std::move(*candidate));
  if (candidates.size() < 2) {
    add_absence(section,
                "The runs cannot be ranked: fewer than two of them hold a scaling study with a law "
                "that fits.");
    return;
  }
  const bool same_currency =
      std::all_of(candidates.begin(), candidates.end(),
                  [&](const Candidate& c) { return c.currency == candidates[0].currency; });
  const Candidate* best = &candidates[0];
  for (const Candidate& candidate : candidates)
    if (same_currency && candidate.point.cost.value < best->point.cost.value) best = &candidate;
  Table table{.id = "comparison",
              .caption = "Side by side, each at the point recommended for it",
              .columns = {{"run", ""},
                          {"nodes", ""},
                          {"cost per result", best->currency},
                          {"low", best->currency},
                          {"high", best->currency},
                          {"time", "s"},
                          {fmt::format("P({} is cheaper)", best->subject->name), "1"},
                          {fmt::format("P({} is faster)", best->subject->name), "1"},
                          {"label", ""}}};
  const ResultUnit unit = result_unit(best->point.cost.value);
  const double cheapest = same_currency ? probability_of_cheapest(candidates, *best) : absent;
  for (const Candidate& candidate : candidates) {
    const bool is_best = &candidate == best;
    const double cheaper =
        is_best || !same_currency ? absent : probability_below(best->costs, candidate.costs);
    table.add({candidate.subject->name,
               fmt::format("{} x {}", show_count(std::llround(candidate.point.nodes)),
                           candidate.point.node_type),
               Cell::quantity(candidate.point.cost.value, candidate.currency),
               Cell::quantity(candidate.point.cost.low, candidate.currency),
               Cell::quantity(candidate.point.cost.high, candidate.currency),
               Cell::quantity(candidate.point.time.value, "s"), Cell::percent(cheaper),
               is_best ? Cell() : Cell::percent(probability_below(best->times, candidate.times)),
               Cell(to_string(candidate.point.label))});
  }
  Node box = add(section, "div", {{"class", "decision"}});
  add(box, "p", {{"class", "answer"}},
      same_currency
          ? fmt::format("{} is {} per result, with a probability of {}.", best->subject->name,
                        candidates.size() > 2 ? "the cheapest" : "cheaper", show_percent(cheapest))
          : "The prices are in different currencies: the runs are not ranked by cost.");
  if (same_currency)
    add(box, "p", {{"class", "because"}},
        fmt::format("{} for {} against {}; drawn from the intervals of the fits. What no run "
                    "covers (other software, other load, other prices) is not in the probability.",
                    show(unit.count * best->point.cost.value, best->currency), unit.name, [&] {
                      std::string others;
                      for (const Candidate& candidate : candidates)
                        if (&candidate != best)
                          others +=
                              (others.empty() ? "" : " and ") +
                              show(unit.count * candidate.point.cost.value, candidate.currency);
                      return others;
                    }()));
  page.add_table(box, std::move(table));
}

}  // namespace assay::render
