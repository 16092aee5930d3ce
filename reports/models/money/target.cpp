#include "reports/models/money/target.hpp"

#include <cassert>
#include <cmath>
#include <limits>

namespace assay::models {

namespace {
constexpr double infinite = std::numeric_limits<double>::infinity();
}

double NodePricing::price_of_size(double size) const {
  if (size > max_size) return infinite;
  return price * std::pow(size, 1 + curvature);
}

TargetRow cheapest_for_target(double target, const NodePricing& pricing, const Tax& tax) {
  assert(target > 0 && pricing.rate > 0 && pricing.price > 0);
  const double size = target / pricing.rate;
  TargetRow row{.target = target,
                .vertical_price = size <= 1 ? pricing.price : pricing.price_of_size(size),
                .horizontal_price = infinite,
                .nodes = tax.smallest_nodes(size)};
  if (row.nodes) row.horizontal_price = *row.nodes * pricing.price + pricing.floor;
  if (row.vertical_price == infinite && row.horizontal_price == infinite)
    row.winner = "none";
  else
    row.winner = row.vertical_price <= row.horizontal_price ? "vertical" : "horizontal";
  return row;
}

double saturation_rate(const NodePricing& pricing, const Tax& tax) {
  return pricing.rate * tax.wall();
}

}  // namespace assay::models
