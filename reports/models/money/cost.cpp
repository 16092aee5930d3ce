#include "reports/models/money/cost.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "reports/models/core/rows.hpp"
#include "reports/models/money/failure.hpp"
#include "reports/models/money/type_time.hpp"

namespace assay::models {

namespace {

Estimate<double> scaled(const Estimate<double>& e, double factor) {
  return {e.value * factor, e.low * factor, e.high * factor};
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
  const double failures_per_second =
      (job.node_mtbf ? 1 / *job.node_mtbf : 0) + type.interruptions_per_hour / seconds_per_hour;
  if (failures_per_second > 0) {
    const auto tax = failure_tax(point.nodes, Seconds(1 / failures_per_second),
                                 Seconds(job.checkpoint_time), Seconds(job.restart_time));
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

/// Of the whole job when it takes so long: what is billed, and once per job.
double money_of(const CostStudy& study, const CostPoint& point, double seconds) {
  const NodeType& type = study.offers[point.offer].type;
  return billed_seconds(type, seconds) * price_per_hour(type, point.nodes) / seconds_per_hour +
         study.job.fixed_cost;
}

double total_of(const CostStudy& study, const CostPoint& point, double seconds) {
  return money_of(study, point, seconds) + seconds * study.job.value_per_hour / seconds_per_hour;
}

/// A node type against the one that the offer's times are of.
struct TypeRatio {
  double speed = 1;                 ///< Of computing.
  double bandwidth_ratio = absent;  ///< Measured over this one's; NaN where one is not stated.
};

TypeRatio ratio_of(const CostStudy& study, const Offer& offer) {
  if (offer.measured_here) return {};
  const NodeType* measured = nullptr;
  for (const Offer& other : study.offers)
    if (other.selection == offer.selection &&
        (other.measured_here || (measured == nullptr && other.type.relative_speed == 1)))
      measured = &other.type;
  if (measured == nullptr) return {.speed = offer.type.relative_speed};
  return {.speed = offer.type.relative_speed / measured->relative_speed,
          .bandwidth_ratio = measured->network_gbps / offer.type.network_gbps};
}

/// How far a price list's speed may be from what the workload sees: nobody measured it there, and
/// lists round, or quote another workload.
constexpr double list_speed_tolerance = 0.2;

/// How much longer or shorter than measured a step is there: type_time.hpp, and the list's speed
/// within its tolerance.
Interval factor_of(const CostStudy& study, const CostPoint& point, double time) {
  const Offer& offer = study.offers[point.offer];
  const TypeRatio ratio = ratio_of(study, offer);
  const bool same_wire = !(ratio.bandwidth_ratio > 0) || ratio.bandwidth_ratio == 1;
  if (ratio.speed == 1 && (same_wire || point.nodes <= 1)) return {1, 1};
  const ScalingSeries& series = offer.selection->series;
  const double one = series.points.front().ranks == 1 ? typical_time(series.points.front()) : 0;
  const ComputeShare share = compute_share(point.ranks, time, one, series.scaling == Scaling::weak);
  const Interval factor = type_factor(share, ratio.speed, ratio.bandwidth_ratio, point.nodes);
  if (ratio.speed == 1) return factor;
  return {factor.low / (1 + list_speed_tolerance), factor.high * (1 + list_speed_tolerance)};
}

std::string note_of(const CostStudy& study, const CostPoint& point) {
  const Offer& offer = study.offers[point.offer];
  const TypeRatio ratio = ratio_of(study, offer);
  const std::string bytes = ratio.bandwidth_ratio > 0 && point.nodes > 1
                                ? fmt::format(" and {:.4g} in bytes", 1 / ratio.bandwidth_ratio)
                                : "";
  const std::string tolerance =
      ratio.speed == 1
          ? ""
          : fmt::format(", taken to be right within {:.0f} %", 100 * list_speed_tolerance);
  return fmt::format("nobody measured {}; its speed of {:.4g} in computing{} is the price list's{}",
                     offer.type.name, ratio.speed, bytes, tolerance);
}

/// Equal ranks on other numbers of nodes are another place, where the measurements say on how many
/// they were.
Place place_of(const CostStudy& study, const CostPoint& point) {
  const Offer& offer = study.offers[point.offer];
  return {point.ranks, offer.selection->series.placement_known ? point.nodes : 0};
}

/// Time, label and note from the model selection; false where it says nothing.
bool set_time(const CostStudy& study, CostPoint& point) {
  const Offer& offer = study.offers[point.offer];
  const Prediction prediction = offer.selection->at(place_of(study, point));
  // A law that the times reject says nothing: what it would say is no ground to buy on.
  if (!offer.selection->explained && prediction.label != Label::measured) {
    point.time = {absent, absent, absent};
    point.note = prediction.note;
    return false;
  }
  const Interval factor = factor_of(study, point, middle(prediction.time));
  const double work = study.job.steps * steps_per_step(offer.selection->series, point.ranks) /
                      (1 - point.failure_share);
  point.job_seconds = work * std::sqrt(factor.low * factor.high);
  point.time = scaled(prediction.time, point.job_seconds);
  point.label = prediction.label;
  point.note = prediction.note;
  if (const std::string outliers = offer.selection->outliers_text(place_of(study, point));
      !outliers.empty())
    point.note =
        joined({point.note,
                fmt::format("{}: with them a job takes {:.3g} times the time shown on average",
                            outliers, offer.selection->mean_over_typical(place_of(study, point)))});
  if (factor.low != 1 || factor.high != 1) {
    const auto or_value = [&](double end) { return is_present(end) ? end : prediction.time.value; };
    point.time = {absent, work * factor.low * or_value(prediction.time.low),
                  work * factor.high * or_value(prediction.time.high)};
    point.label = weaker(point.label, Label::range);
    point.note = joined({point.note, note_of(study, point)});
  }
  return point.is_known();
}

void set_money(const CostStudy& study, CostPoint& point) {
  const auto of_times = [&](const auto& amount) {
    const auto of = [&](double time) { return is_present(time) ? amount(time) : absent; };
    return Estimate<double>{of(point.time.value), of(point.time.low), of(point.time.high)};
  };
  point.cost = scaled(of_times([&](double time) { return money_of(study, point, time); }),
                      1 / study.job.results);
  point.total = of_times([&](double time) { return total_of(study, point, time); });
  const double longer =
      study.offers[point.offer].selection->mean_over_typical(place_of(study, point));
  point.expected_total = total_of(study, point, longer * middle(point.time));
}

/// Of the one job that will run: its launch is one more of those that were timed. A type that
/// nobody measured may be as slow as its range allows.
void set_probabilities(const CostStudy& study, CostPoint& point) {
  const Job& job = study.job;
  if (!job.deadline && !job.budget) return;
  const ModelSelection& selection = *study.offers[point.offer].selection;
  const Place place = place_of(study, point);
  const std::vector<double> draws = selection.draw_runs(place);
  const Interval factor = factor_of(study, point, middle(selection.at(place).time));
  const double latest = point.job_seconds * std::sqrt(factor.high / factor.low);
  if (job.deadline) point.deadline_probability = share_within(draws, *job.deadline, latest);
  if (!job.budget) return;
  std::vector<double> costs;
  for (const double time : draws) costs.push_back(money_of(study, point, time * latest));
  point.budget_probability = share_within(costs, *job.budget, 1);
}

/// Without checkpoints a job that outlasts the time between interruptions begins again for ever.
void allow_for_interruptions(const CostStudy& study, CostPoint& point) {
  const NodeType& type = study.offers[point.offer].type;
  if (type.interruptions_per_hour <= 0 || study.job.checkpoint_time > 0) return;
  const double between = seconds_per_hour / (type.interruptions_per_hour * point.nodes);
  const double time = middle(point.time);
  if (time > between) {
    point.feasible = false;
    point.note = fmt::format(
        "without checkpoints (--checkpoint) a job of {:.3g} h outlasts the {:.3g} h between "
        "interruptions",
        time / seconds_per_hour, between / seconds_per_hour);
    return;
  }
  // Begun again after each: (e^(T/M) - 1)/(T/M); the restarts are in failure_share.
  const double longer = std::expm1(time / between) / (time / between);
  point.job_seconds *= longer;
  point.time = scaled(point.time, longer);
}

/// So many ranks on so many nodes.
struct Layout {
  double nodes = 0, ranks = 0;
  bool is_own = false;
};

/// Where fewer or more ranks on so many nodes were measured to be faster, those are bought: the
/// nodes cost the same.
Layout layout_of(const CostStudy& study, std::size_t offer, double nodes) {
  const ModelSelection& selection = *study.offers[offer].selection;
  Layout best{nodes, nodes * study.offers[offer].ranks_per_node, false};
  if (study.job.ranks_per_node > 0 || !selection.series.placement_known) return best;
  const auto work_time = [&](double ranks) {
    return selection.median_time({ranks, nodes}) * steps_per_step(selection.series, ranks);
  };
  double least = work_time(best.ranks);
  for (const ScalingPoint& point : selection.series.points)
    if (const double time = work_time(point.ranks); point.nodes == nodes && !(time >= least))
      best = {nodes, point.ranks, point.ranks != nodes * study.offers[offer].ranks_per_node},
      least = time;
  return best;
}

CostPoint cost_point(const CostStudy& study, std::size_t offer, const Layout& layout) {
  const NodeType& type = study.offers[offer].type;
  CostPoint point{.node_type = type.name,
                  .offer = offer,
                  .nodes = layout.nodes,
                  .ranks = layout.ranks,
                  .own_layout = layout.is_own};
  point.feasible = allowed(study.job, type, point);
  if (point.feasible && set_time(study, point)) allow_for_interruptions(study, point);
  if (!point.is_known()) {
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
          (!best || study.points[i].expected_total < study.points[*best].expected_total))
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
  std::vector<double> draws =
      study.offers[point.offer].selection->draw_times(place_of(study, point));
  for (double& time : draws) time *= point.job_seconds;
  return draws;
}

std::vector<double> run_times(const CostStudy& study, const CostPoint& point) {
  if (!point.is_known()) return {};
  std::vector<double> draws =
      study.offers[point.offer].selection->draw_runs(place_of(study, point));
  for (double& time : draws) time *= point.job_seconds;
  return draws;
}

std::vector<double> job_totals(const CostStudy& study, const CostPoint& point) {
  std::vector<double> draws = job_times(study, point);
  if (draws.empty()) return draws;
  const double longer =
      study.offers[point.offer].selection->mean_over_typical(place_of(study, point));
  for (double& time : draws) time = total_of(study, point, longer * time);
  return draws;
}

CostStudy cost_study(std::vector<Offer> offers, const Job& job, const PriceList& prices,
                     const std::vector<double>& node_counts) {
  assert(job.steps > 0 && job.results > 0 && !offers.empty());
  CostStudy study{.subject = offers.front().selection->series.subject,
                  .currency = prices.currency,
                  .job = job,
                  .prices = prices,
                  .offers = std::move(offers)};
  for (std::size_t offer = 0; offer < study.offers.size(); ++offer) {
    std::optional<std::size_t> in_time;
    for (const double nodes : node_counts) {
      if (nodes > study.offers[offer].type.max_nodes) continue;
      study.points.push_back(cost_point(study, offer, layout_of(study, offer, nodes)));
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

CostStudy cost_study(const ModelSelection& selection, const Job& job, const PriceList& prices,
                     const std::vector<double>& node_counts) {
  const double per_node =
      job.ranks_per_node > 0 ? job.ranks_per_node : selection.series.ranks_per_node();
  std::vector<Offer> offers;
  for (const NodeType& type : prices.nodes) offers.push_back({type, &selection, per_node, false});
  return cost_study(std::move(offers), job, prices, node_counts);
}

std::vector<ModelRow> cost_rows(const CostStudy& study) {
  std::vector<ModelRow> rows;
  for (const NodeType& type : study.prices.nodes) {
    RowWriter out("cost", study.subject + ", " + type.name);
    for (const CostPoint& point : study.points) {
      if (point.node_type != type.name) continue;
      const std::string name = fmt::format("cost_per_result({})", point.nodes);
      if (point.is_known())
        out.add(name, study.currency, point.cost, point.label, point.note);
      else
        out.missing(name, study.currency, point.note);
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
