#include "reports/models/money/crossover.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "reports/models/laws/scaling_law.hpp"
#include "reports/models/money/cost.hpp"

namespace assay::models {

namespace {

double scale_out_hours(const CrossoverQuestion& q, double c, double nodes) {
  return q.work / Tax{c, q.tax.form}.effective_speed(nodes) / seconds_per_hour;
}
double scale_out_cost(const CrossoverQuestion& q, double c, double nodes) {
  return scale_out_hours(q, c, nodes) * nodes * q.node_price;
}
double scale_up_hours(const CrossoverQuestion& q) {
  return q.work / q.up_speed / seconds_per_hour;
}

/// Scale-out's cost is W p (1 + c g(K)): it only grows with K, so the last cheaper K is found by
/// bisection.
double last_cheaper_nodes(const CrossoverQuestion& q, double c) {
  const double limit = scale_up_hours(q) * q.up_price;
  const auto cheaper = [&](double nodes) { return scale_out_cost(q, c, nodes) < limit; };
  if (!cheaper(1)) return 0;
  double low = 1, high = 2;
  while (cheaper(high)) {
    if (high > most_nodes) return std::numeric_limits<double>::infinity();
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const double middle = std::floor((low + high) / 2);
    (cheaper(middle) ? low : high) = middle;
  }
  return low;
}

CrossoverRow scale_up_row(const CrossoverQuestion& q) {
  const double hours = scale_up_hours(q);
  const double cost = hours * q.up_price;
  return {.config = "scale_up",
          .effective_speed = q.up_speed,
          .hours = {hours, hours, hours},
          .cost = {cost, cost, cost},
          .deadline_probability = !q.deadline || hours <= *q.deadline ? 1.0 : 0.0};
}

CrossoverRow scale_out_row(const CrossoverQuestion& q, double nodes, double limit) {
  const double hours = scale_out_hours(q, q.tax.c, nodes);
  const double cost = scale_out_cost(q, q.tax.c, nodes);
  CrossoverRow row{.config = "scale_out",
                   .nodes = nodes,
                   .effective_speed = q.tax.effective_speed(nodes),
                   .hours = {hours, hours, hours},
                   .cost = {cost, cost, cost},
                   .beats_scale_up = cost < limit,
                   .deadline_probability = !q.deadline || hours <= *q.deadline ? 1.0 : 0.0};
  if (q.tax_draws.empty()) return row;
  std::vector<double> all_hours, all_costs;
  double cheaper = 0, in_time = 0;
  for (double c : q.tax_draws) {
    all_hours.push_back(scale_out_hours(q, c, nodes));
    all_costs.push_back(scale_out_cost(q, c, nodes));
    if (all_costs.back() < limit) ++cheaper;
    if (!q.deadline || all_hours.back() <= *q.deadline) ++in_time;
  }
  const auto draws = static_cast<double>(q.tax_draws.size());
  row.beats_probability = cheaper / draws;
  row.deadline_probability = in_time / draws;
  const Interval of_hours = central_interval(std::move(all_hours));
  const Interval of_cost = central_interval(std::move(all_costs));
  row.hours = {hours, of_hours.low, of_hours.high};
  row.cost = {cost, of_cost.low, of_cost.high};
  return row;
}

}  // namespace

CrossoverAnswer crossover(const CrossoverQuestion& q) {
  assert(q.work > 0 && q.up_speed > 0 && q.up_price > 0 && q.node_price > 0 && q.tax.c >= 0);
  CrossoverAnswer answer;
  answer.rows.push_back(scale_up_row(q));
  const double limit = answer.rows.front().cost.value;
  for (double nodes : q.nodes) answer.rows.push_back(scale_out_row(q, nodes, limit));
  const double last = last_cheaper_nodes(q, q.tax.c);
  if (last >= 1) answer.last_cheaper = last;
  std::vector<double> lasts;
  for (double c : q.tax_draws) lasts.push_back(last_cheaper_nodes(q, c));
  answer.last_cheaper_interval =
      lasts.empty() ? Interval{last, last} : central_interval(std::move(lasts));
  for (std::size_t i = 0; i < answer.rows.size(); ++i)
    if (answer.rows[i].deadline_probability >= deadline_confidence &&
        (!answer.cheapest_in_time ||
         answer.rows[i].cost.value < answer.rows[*answer.cheapest_in_time].cost.value))
      answer.cheapest_in_time = i;
  return answer;
}

}  // namespace assay::models
