#include "reports/models/money/grid.hpp"

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

std::optional<std::size_t> sweet_spot_of(const std::vector<GridCell>& cells) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (cells[i].reaches_target && std::isfinite(cells[i].price) &&
        (!best || cells[i].price_per_rate < cells[*best].price_per_rate))
      best = i;
  return best;
}

}  // namespace

GridAnswer grid(const std::vector<double>& sizes, const std::vector<double>& nodes,
                const NodePricing& pricing, const Tax& tax, double target) {
  GridAnswer answer{.cells = cells_of(sizes, nodes, pricing, tax, target)};
  answer.sweet_spot = sweet_spot_of(answer.cells);
  answer.sweet_spot_untaxed =
      sweet_spot_of(cells_of(sizes, nodes, pricing, Tax{0, tax.form}, target));
  return answer;
}

}  // namespace assay::models
