#pragma once
/// @file
/// The cheapest way to serve a target rate: one larger node, or several equal ones.
///
///   vertical:   s = target/T1, price C1 s^(1+a); C1 for s <= 1; infinite above s_max
///   horizontal: the smallest n with n T1/(1 + tau g(n)) >= target, price n C1 + F
///
/// Rates per second, prices per hour. With the linear tax no n reaches T1/tau: then the price is
/// infinite.

#include <optional>
#include <string>
#include <vector>

#include "reports/models/laws/tax.hpp"

namespace assay::models {

/// What a node of size s costs and does, a convex price over size.
struct NodePricing {
  double rate = 1;       ///< T1, per second, of size 1.
  double price = 1;      ///< C1, per hour, of size 1.
  double curvature = 0;  ///< a: price C1 s^(1+a)
  double max_size = 1;   ///< s_max
  double floor = 0;      ///< F: coordination, per hour.

  /// C1 s^(1+a); infinite above max_size.
  [[nodiscard]] double price_of_size(double size) const;
};

struct TargetRow {
  double target = 0;            ///< per second
  double vertical_price = 0;    ///< per hour; infinite above the largest node.
  double horizontal_price = 0;  ///< per hour; infinite beyond the wall.
  std::optional<double> nodes;  ///< Horizontal; none beyond the wall.
  std::string winner;           ///< vertical, horizontal, none
};
[[nodiscard]] TargetRow cheapest_for_target(double target, const NodePricing& pricing,
                                            const Tax& tax);
/// T1/tau for the linear tax, infinite otherwise: the rate that no number of size-1 nodes reaches.
[[nodiscard]] double saturation_rate(const NodePricing& pricing, const Tax& tax);

}  // namespace assay::models
