#include "reports/models/money/cost.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "reports/models/money/failure.hpp"
#include "reports/models/rows.hpp"

namespace assay::models {

namespace {

Estimate<double> scaled(const Estimate<double>& e, double factor) {
  return {e.value * factor, e.low * factor, e.high * factor};
}
Estimate<double> shifted(const Estimate<double>& e, double by) {
  return {e.value + by, e.low + by, e.high + by};
}

/// NaN without draws: one launch says nothing of the next.
double share_within(const std::vector<double>& draws, double limit, double factor) {
  if (draws.empty()) return absent;
  const auto inside =
      std::count_if(draws.begin(), draws.end(), [&](double t) { return t * factor <= limit; });
  return static_cast<double>(inside) / static_cast<double>(draws.size());
}

/// Fills in what memory and failures allow; false when the configuration cannot run.
bool allowed(const Job& job, const NodeType& type, CostPoint& point) {
  if (job.memory && is_present(type.memory_gib)) {
    const auto needed = smallest_nodes_for_memory(*job.memory, Bytes(type.memory_gib * 1073741824));
    if (!needed)
      point.note = needed.reason();
    else if (*needed > point.nodes)
      point.note = fmt::format("the working set needs {} nodes", *needed);
    if (!needed || *needed > point.nodes) return false;
  }
  if (job.node_mtbf) {
    const auto tax = failure_tax(point.nodes, Seconds(*job.node_mtbf), Seconds(job.checkpoint_time),
                                 Seconds(job.restart_time));
    if (!tax) {
      point.note = tax.reason();
      return false;
    }
    point.failure_share = tax->lost_share;
  }
  return true;
}

/// Steps of the size that the job counts in, per step on that many ranks.
double steps_per_step(const ScalingSeries& series, double ranks) {
  return series.scaling == Scaling::weak ? series.points.front().ranks / ranks : 1;
}

double price_per_second(const CostStudy& study, const CostPoint& point) {
  return price_per_hour(study.offers[point.offer].type, point.nodes) / seconds_per_hour;
}

/// Time, label and note from the contest; false where it says nothing.
bool set_time(const CostStudy& study, CostPoint& point) {
  const Offer& offer = study.offers[point.offer];
  const Prediction prediction = offer.contest->at(point.ranks);
  // A law that the times reject says nothing: what it would say is no ground to buy on.
  if (!offer.contest->explained && prediction.label != Label::measured) {
    point.time = {absent, absent, absent};
    point.note = prediction.note;
    return false;
  }
  const double speed = offer.measured_here ? 1 : offer.type.relative_speed;
  point.job_seconds = study.job.steps * steps_per_step(offer.contest->series, point.ranks) / speed /
                      (1 - point.failure_share);
  point.time = scaled(prediction.time, point.job_seconds);
  point.label = prediction.label;
  point.note = prediction.note;
  if (speed != 1) {
    point.label = weaker(point.label, Label::range);
    point.note = joined({point.note, fmt::format("nobody measured {}; its speed of {} is the price list's",
                                                 offer.type.name, speed)});
    if (is_present(point.time.low)) point.time.value = absent;
  }
  return point.is_known();
}

void set_money(const CostStudy& study, CostPoint& point) {
  const Job& job = study.job;
  const double per_second = price_per_second(study, point);
  const Estimate<double> money = shifted(scaled(point.time, per_second), job.fixed_cost);
  point.cost = scaled(money, 1 / job.results);
  point.total = shifted(scaled(point.time, per_second + job.value_per_hour / seconds_per_hour),
                        job.fixed_cost);
}

/// Of the one job that will run: its launch is one more of those that were timed.
void set_probabilities(const CostStudy& study, CostPoint& point) {
  const Job& job = study.job;
  if (!job.deadline && !job.budget) return;
  const std::vector<double> draws = study.offers[point.offer].contest->draw_times(point.ranks);
  if (job.deadline)
    point.deadline_probability = share_within(draws, *job.deadline, point.job_seconds);
  if (job.budget)
    point.budget_probability = share_within(draws, *job.budget - job.fixed_cost,
                                            point.job_seconds * price_per_second(study, point));
}

CostPoint cost_point(const CostStudy& study, std::size_t offer, double nodes) {
  const NodeType& type = study.offers[offer].type;
  CostPoint point{.node_type = type.name,
                  .offer = offer,
                  .nodes = nodes,
                  .ranks = nodes * study.offers[offer].ranks_per_node};
  point.feasible = allowed(study.job, type, point);
  if (!point.feasible || !set_time(study, point)) {
    point.time = point.cost = point.total = {absent, absent, absent};
    point.deadline_probability = point.budget_probability = point.feasible ? absent : 0;
    point.label = Label::scenario;
    return point;
  }
  set_money(study, point);
  set_probabilities(study, point);
  return point;
}

void mark_pareto_front(std::vector<CostPoint>& points) {
  for (CostPoint& point : points) {
    if (!point.is_known()) continue;
    const auto dominates = [&](const CostPoint& other) {
      if (!other.is_known()) return false;
      const double time = middle(other.time), cost = middle(other.cost);
      return time <= middle(point.time) && cost <= middle(point.cost) &&
             (time < middle(point.time) || cost < middle(point.cost));
    };
    point.on_pareto_front = std::none_of(points.begin(), points.end(), dominates);
  }
}

std::optional<std::size_t> cheapest_of(const CostStudy& study) {
  const auto lowest = [&](bool with_scenarios) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < study.points.size(); ++i)
      if (meets(study.job, study.points[i]) &&
          (with_scenarios || study.points[i].label != Label::scenario) &&
          (!best || middle(study.points[i].total) < middle(study.points[*best].total)))
        best = i;
    return best;
  };
  const std::optional<std::size_t> grounded = lowest(false);
  return grounded ? grounded : lowest(true);
}

/// Time of a step on the best single node of the list; infinite where none is known.
double best_single_node(const CostStudy& study) {
  double best = std::numeric_limits<double>::infinity();
  for (const CostPoint& point : study.points)
    if (point.nodes == 1 && point.is_known()) best = std::min(best, middle(point.time));
  return best;
}

/// McSherry, Isard & Murray, "Scalability! But at what COST?", HotOS 2015.
std::optional<double> beats_single(const CostStudy& study, std::size_t offer, double best) {
  for (const CostPoint& point : study.points)
    if (point.offer == offer && point.nodes > 1 && point.is_known() && std::isfinite(best) &&
        middle(point.time) < best)
      return point.nodes;
  return std::nullopt;
}

}  // namespace

double middle(const Estimate<double>& estimate) {
  return is_present(estimate.value) ? estimate.value : std::sqrt(estimate.low * estimate.high);
}

bool meets(const Job& job, const CostPoint& point) {
  if (!point.is_known()) return false;
  if (job.deadline && !(point.deadline_probability >= deadline_confidence)) return false;
  return !job.budget || point.budget_probability >= deadline_confidence;
}

std::vector<double> job_times(const CostStudy& study, const CostPoint& point) {
  if (!point.is_known()) return {};
  std::vector<double> draws = study.offers[point.offer].contest->draw_times(point.ranks);
  for (double& time : draws) time *= point.job_seconds;
  return draws;
}

std::vector<double> job_totals(const CostStudy& study, const CostPoint& point) {
  std::vector<double> draws = job_times(study, point);
  const double rate =
      price_per_second(study, point) + study.job.value_per_hour / seconds_per_hour;
  for (double& total : draws) total = total * rate + study.job.fixed_cost;
  return draws;
}

CostStudy cost_study(std::vector<Offer> offers, const Job& job, const PriceList& prices,
                     const std::vector<double>& node_counts) {
  assert(job.steps > 0 && job.results > 0 && !offers.empty());
  CostStudy study{.subject = offers.front().contest->series.subject,
                  .currency = prices.currency,
                  .job = job,
                  .prices = prices,
                  .offers = std::move(offers)};
  for (std::size_t offer = 0; offer < study.offers.size(); ++offer) {
    std::optional<std::size_t> in_time;
    for (const double nodes : node_counts) {
      if (nodes > study.offers[offer].type.max_nodes) continue;
      study.points.push_back(cost_point(study, offer, nodes));
      const CostPoint& point = study.points.back();
      if (!in_time && job.deadline && point.is_known() &&
          point.deadline_probability >= deadline_confidence)
        in_time = study.points.size() - 1;
    }
    study.smallest_in_time.push_back(in_time);
  }
  const double single = best_single_node(study);
  for (std::size_t offer = 0; offer < study.offers.size(); ++offer)
    study.beats_single_node.push_back(beats_single(study, offer, single));
  mark_pareto_front(study.points);
  study.cheapest = cheapest_of(study);
  return study;
}

CostStudy cost_study(const Contest& contest, const Job& job, const PriceList& prices,
                     const std::vector<double>& node_counts) {
  const double per_node =
      job.ranks_per_node > 0 ? job.ranks_per_node : contest.series.ranks_per_node();
  std::vector<Offer> offers;
  for (const NodeType& type : prices.nodes) offers.push_back({type, &contest, per_node, false});
  return cost_study(std::move(offers), job, prices, node_counts);
}

std::vector<ModelRow> cost_rows(const CostStudy& study) {
  std::vector<ModelRow> rows;
  for (const NodeType& type : study.prices.nodes) {
    RowWriter out("cost", study.subject + ", " + type.name);
    for (const CostPoint& point : study.points) {
      if (point.node_type != type.name) continue;
      if (point.is_known())
        out.add(fmt::format("cost_per_result({})", point.nodes), study.currency, point.cost,
                point.label, point.note);
      else
        out.missing(fmt::format("cost_per_result({})", point.nodes), study.currency, point.note);
    }
    append(rows, out.take());
  }
  return rows;
}

/// Without a price there is nothing to fit: the rows come from cost_rows, where the report has a
/// price list.
const bool cost_registered = Registry<Model>::add(
    {.about = {.kind = "model",
               .name = "cost",
               .summary = "Cost per result over node types and counts, from a dated price list.",
               .metrics = {{"cost_per_result", "currency",
                            "At N nodes, failures and fixed cost included.", Better::lower}},
               .verification =
                   "Hand-worked cases; 95 % intervals cover the truth 93 to 97 % inside the data."},
     .fit = [](const FitInput&) { return std::vector<ModelRow>(); }});

}  // namespace assay::models
