#pragma once
/// @file
/// Node size x node count: rate n s T1/(1 + tau g(n)), price n C1 s^(1+a), plus F when n > 1.
///
/// The sweet spot is the configuration with the least price among those that reach the target; of
/// equal prices the one with the higher rate, of equal rates the one of fewer nodes. Without a
/// target it is the one with the least price per rate. Without a tax and with a > 0 the smallest
/// size is always the cheapest per rate: only the tax moves the sweet spot upwards, which is why
/// the answer carries both.

#include <optional>
#include <vector>

#include "reports/models/money/target.hpp"

namespace assay::models {

struct GridCell {
  double size = 1, nodes = 1;
  double rate = 0;            ///< per second
  double price = 0;           ///< per hour; infinite above the largest size.
  double price_per_rate = 0;  ///< per hour and unit of rate
  bool reaches_target = true;
};

struct GridAnswer {
  std::vector<GridCell> cells;                    ///< By size, then nodes.
  std::optional<std::size_t> sweet_spot;          ///< None: nothing reaches the target.
  std::optional<std::size_t> sweet_spot_untaxed;  ///< The same with a tax of 0.
};
/// @param target per second; 0: any rate will do, and price per rate decides.
[[nodiscard]] GridAnswer grid(const std::vector<double>& sizes, const std::vector<double>& nodes,
                              const NodePricing& pricing, const Tax& tax, double target);

}  // namespace assay::models
