#include "reports/models/money/type_crossover.hpp"

#include <algorithm>
#include <cmath>

namespace assay::models {

namespace {

/// Beyond four times the largest count measured there are only scenarios.
constexpr double farthest = 4;

/// Every count up to 16, then an eighth more each time: cost changes little between them.
std::vector<double> counts_up_to(double most) {
  std::vector<double> counts;
  for (double n = 1; n <= most; n = std::max(n + 1, std::floor(n * 1.125))) counts.push_back(n);
  if (!counts.empty() && counts.back() < most) counts.push_back(most);
  return counts;
}

TypeCrossover crossover_between(const ModelSelection& selection, const NodeType& slow,
                                const NodeType& fast, double ranks_per_node, double largest_nodes) {
  TypeCrossover answer{.slow = slow.name, .fast = fast.name};
  const std::vector<double> one = selection.draw_times(ranks_per_node);
  const double per_slow = fast.relative_speed / slow.relative_speed / fast.price_per_hour;
  std::vector<double> last_cheaper(one.size(), 0.0);
  double best_last = 0;
  for (const double nodes : counts_up_to(std::min(slow.max_nodes, farthest * largest_nodes))) {
    const std::vector<double> times = selection.draw_times(nodes * ranks_per_node);
    if (times.size() != one.size() || times.empty()) continue;
    const double factor = price_per_hour(slow, nodes) * per_slow;
    std::vector<double> ratios;
    for (std::size_t j = 0; j < times.size(); ++j) {
      ratios.push_back(factor * times[j] / one[j]);
      if (ratios.back() < 1) last_cheaper[j] = nodes;
    }
    const double middle = factor * selection.median_time(nodes * ranks_per_node) /
                          selection.median_time(ranks_per_node);
    const Label label = selection.at(nodes * ranks_per_node).label;
    if (middle < 1) best_last = has_point(label) ? nodes : absent;
    const Interval interval = central_interval(std::move(ratios));
    answer.points.push_back(
        {nodes, {has_point(label) ? middle : absent, interval.low, interval.high}, label});
    answer.searched = nodes;
  }
  if (answer.points.empty()) return answer;
  const Interval interval = central_interval(std::move(last_cheaper));
  // Draws jump from count to count; the interval's ends are counts, too.
  answer.last_cheaper = {best_last, std::floor(interval.low), std::ceil(interval.high)};
  return answer;
}

}  // namespace

std::vector<TypeCrossover> type_crossovers(const ModelSelection& selection,
                                           const CostStudy& study) {
  std::vector<TypeCrossover> answers;
  std::vector<const NodeType*> types;
  for (const NodeType& type : study.prices.nodes) types.push_back(&type);
  std::stable_sort(types.begin(), types.end(), [](const NodeType* a, const NodeType* b) {
    return a->relative_speed < b->relative_speed;
  });
  const double ranks_per_node = std::max(1.0, study.offers.front().ranks_per_node);
  const double largest =
      std::max(1.0, std::floor(selection.series.points.back().ranks / ranks_per_node));
  for (std::size_t i = 0; i + 1 < types.size(); ++i) {
    if (types[i]->relative_speed >= types[i + 1]->relative_speed) continue;
    TypeCrossover answer =
        crossover_between(selection, *types[i], *types[i + 1], ranks_per_node, largest);
    if (answer.points.size() > 1) answers.push_back(std::move(answer));
  }
  return answers;
}

}  // namespace assay::models
