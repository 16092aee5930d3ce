#include "reports/models/money/grid.hpp"

#include <algorithm>
#include <cmath>

namespace assay::models {

namespace {

std::vector<GridCell> cells_of(const std::vector<double>& sizes, const std::vector<double>& nodes,
                               const NodePricing& pricing, const Tax& tax, double target) {
  std::vector<GridCell> cells;
  for (double size : sizes)
    for (double n : nodes) {
      GridCell cell{.size = size, .nodes = n};
      cell.rate = size * pricing.rate * tax.effective_speed(n);
      cell.price = n * pricing.price_of_size(size) + (n > 1 ? pricing.floor : 0);
      cell.price_per_rate = cell.price / cell.rate;
      cell.reaches_target = cell.rate >= target * (1 - 1e-12);
      cells.push_back(cell);
    }
  return cells;
}

/// Below 0: a before b; prices and rates that differ by rounding only are equal.
int order(double a, double b) {
  if (std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b))) return 0;
  return a < b ? -1 : 1;
}

bool is_better(const GridCell& a, const GridCell& b, bool has_target) {
  const int by_price =
      has_target ? order(a.price, b.price) : order(a.price_per_rate, b.price_per_rate);
  if (by_price != 0) return by_price < 0;
  const int by_rate = order(b.rate, a.rate);
  return has_target && by_rate != 0 ? by_rate < 0 : a.nodes < b.nodes;
}

std::optional<std::size_t> sweet_spot_of(const std::vector<GridCell>& cells, double target) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (cells[i].reaches_target && std::isfinite(cells[i].price) &&
        (!best || is_better(cells[i], cells[*best], target > 0)))
      best = i;
  return best;
}

}  // namespace

GridAnswer grid(const std::vector<double>& sizes, const std::vector<double>& nodes,
                const NodePricing& pricing, const Tax& tax, double target) {
  GridAnswer answer{.cells = cells_of(sizes, nodes, pricing, tax, target)};
  answer.sweet_spot = sweet_spot_of(answer.cells, target);
  answer.sweet_spot_untaxed =
      sweet_spot_of(cells_of(sizes, nodes, pricing, Tax{0, tax.form}, target), target);
  return answer;
}

}  // namespace assay::models
