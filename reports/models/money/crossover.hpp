#pragma once
/// @file
/// Scale-up against scale-out for a fixed work W: one fast node, or K nodes under the communication
/// tax.
///
///   time = W/speed, cost = hours x price; scale-out speed K/(1 + c g(K)), price K x node price
///
/// Work in node-seconds (one node of speed 1 needs W seconds), prices per hour, times in hours.

#include <optional>
#include <string>
#include <vector>

#include "probes/core/statistics.hpp"
#include "reports/models/laws/tax.hpp"

namespace assay::models {

struct CrossoverQuestion {
  double work = 0;        ///< node-seconds
  double up_speed = 1;    ///< Of the one fast node.
  double up_price = 0;    ///< per hour
  double node_price = 0;  ///< per hour and node
  Tax tax;
  std::vector<double> tax_draws;   ///< Of c, from a fit; empty: c is taken as known.
  std::vector<double> nodes;       ///< Counts to show, each at least 1.
  std::optional<double> deadline;  ///< hours
};

struct CrossoverRow {
  std::string config;  ///< scale_up, scale_out
  double nodes = 1;
  double effective_speed = 1;
  Estimate<double> hours, cost;             ///< Intervals only with tax draws.
  std::optional<bool> beats_scale_up;       ///< Costs less; empty for scale_up itself.
  std::optional<double> beats_probability;  ///< Over the tax draws.
  double deadline_probability = 1;          ///< 0 or 1 without draws.
};

struct CrossoverAnswer {
  std::vector<CrossoverRow> rows;  ///< scale_up first.
  /// The largest node count that still costs less than scale-up; none: not even one node does. The
  /// interval is over the tax draws.
  std::optional<double> last_cheaper;
  Interval last_cheaper_interval;
  std::optional<std::size_t> cheapest_in_time;  ///< Cheapest row with P(time <= deadline) >= 0.9.
};
/// @pre work, speeds and prices above 0; c not negative
[[nodiscard]] CrossoverAnswer crossover(const CrossoverQuestion& question);

}  // namespace assay::models
