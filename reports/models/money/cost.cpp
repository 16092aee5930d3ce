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

/// The one number a choice needs, also where the interval alone is the answer.
double middle(const Estimate<double>& e) {
  return is_present(e.value) ? e.value : std::sqrt(e.low * e.high);
}

double share_within(const std::vector<double>& draws, double limit, double factor) {
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

CostPoint cost_point(const Contest& contest, const Job& job, const NodeType& type, double nodes) {
  CostPoint point{.node_type = type.name, .nodes = nodes, .ranks = nodes * job.ranks_per_node};
  point.feasible = allowed(job, type, point);
  if (!point.feasible) {
    point.time = point.cost = point.total = {absent, absent, absent};
    point.deadline_probability = 0;
    point.label = Label::scenario;
    return point;
  }
  const Prediction prediction = contest.at(point.ranks);
  const double factor = job.steps / type.relative_speed / (1 - point.failure_share);
  point.time = scaled(prediction.time, factor);
  point.label = prediction.label;
  point.note = prediction.note;
  if (type.relative_speed != 1) {
    point.label = weaker(point.label, Label::range);
    point.note =
        joined({point.note, fmt::format("nobody measured {}; its speed of {} is the price list's",
                                        type.name, type.relative_speed)});
    if (is_present(point.time.low)) point.time.value = absent;
  }
  const double per_second = price_per_hour(type, nodes) / seconds_per_hour;
  const Estimate<double> money = shifted(scaled(point.time, per_second), job.fixed_cost);
  point.cost = scaled(money, 1 / job.results);
  point.total = shifted(scaled(point.time, per_second + job.value_per_hour / seconds_per_hour),
                        job.fixed_cost);
  if (job.deadline) {
    const std::vector<double> draws = contest.draw_times(point.ranks);
    point.deadline_probability = draws.empty() ? (middle(point.time) <= *job.deadline ? 1 : 0)
                                               : share_within(draws, *job.deadline, factor);
  }
  return point;
}

void mark_pareto_front(std::vector<CostPoint>& points) {
  for (CostPoint& point : points) {
    if (!point.feasible) continue;
    const auto dominates = [&](const CostPoint& other) {
      if (!other.feasible) return false;
      const double time = middle(other.time), cost = middle(other.cost);
      return time <= middle(point.time) && cost <= middle(point.cost) &&
             (time < middle(point.time) || cost < middle(point.cost));
    };
    point.on_pareto_front = std::none_of(points.begin(), points.end(), dominates);
  }
}

bool meets(const Job& job, const CostPoint& point) {
  if (!point.feasible) return false;
  if (job.deadline && point.deadline_probability < deadline_confidence) return false;
  return !job.budget || middle(point.cost) * job.results <= *job.budget;
}

std::optional<std::size_t> cheapest_of(const CostStudy& study) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < study.points.size(); ++i)
    if (meets(study.job, study.points[i]) &&
        (!best || middle(study.points[i].total) < middle(study.points[*best].total)))
      best = i;
  return best;
}

/// McSherry, Isard & Murray, "Scalability! But at what COST?", HotOS 2015.
std::optional<double> beats_single(const Contest& contest, const CostStudy& study,
                                   const NodeType& type) {
  double best = std::numeric_limits<double>::infinity();
  for (const NodeType& other : study.prices.nodes)
    best = std::min(best, contest.median_time(study.job.ranks_per_node) / other.relative_speed);
  for (const CostPoint& point : study.points)
    if (point.node_type == type.name && point.nodes > 1 &&
        contest.median_time(point.ranks) / type.relative_speed < best)
      return point.nodes;
  return std::nullopt;
}

}  // namespace

CostStudy cost_study(const Contest& contest, const Job& job, const PriceList& prices,
                     const std::vector<double>& node_counts) {
  assert(job.steps > 0 && job.results > 0 && !prices.nodes.empty());
  CostStudy study{
      .subject = contest.series.subject, .currency = prices.currency, .job = job, .prices = prices};
  if (study.job.ranks_per_node <= 0) study.job.ranks_per_node = contest.series.ranks_per_node();
  for (const NodeType& type : prices.nodes) {
    std::optional<std::size_t> in_time;
    for (double nodes : node_counts) {
      if (nodes > type.max_nodes) continue;
      study.points.push_back(cost_point(contest, study.job, type, nodes));
      const CostPoint& point = study.points.back();
      if (!in_time && job.deadline && point.feasible &&
          point.deadline_probability >= deadline_confidence)
        in_time = study.points.size() - 1;
    }
    study.smallest_in_time.push_back(in_time);
  }
  for (const NodeType& type : prices.nodes)
    study.beats_single_node.push_back(beats_single(contest, study, type));
  mark_pareto_front(study.points);
  study.cheapest = cheapest_of(study);
  for (double nodes : node_counts) {
    study.draw_ranks.push_back(nodes * study.job.ranks_per_node);
    study.draw_times.push_back(contest.draw_times(study.draw_ranks.back()));
  }
  return study;
}

std::vector<ModelRow> cost_rows(const CostStudy& study) {
  std::vector<ModelRow> rows;
  for (const NodeType& type : study.prices.nodes) {
    RowWriter out("cost", study.subject + ", " + type.name);
    for (const CostPoint& point : study.points) {
      if (point.node_type != type.name) continue;
      if (point.feasible)
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
