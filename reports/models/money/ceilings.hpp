#pragma once
/// @file
/// Which ceiling binds, which axis to distribute, and the verdict in words with the number behind
/// each choice.
///
/// A pressure is demand over what one machine has, per axis: data, training, model, inference,
/// coordination, intelligence (decisions taken at run time). A ceiling is the share of one
/// machine's data, model or throughput capacity in use. A ceiling at or above the threshold binds,
/// an axis at or above it is distributed, largest first; where nothing reaches it, one machine is
/// enough. Where the look-ups of a request eat its latency budget, or failures more time than they
/// may, more workers are no answer: fewer are.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/outcome.hpp"
#include "reports/models/money/failure.hpp"

namespace assay::models {

enum class Axis { data, training, model, inference, coordination, intelligence };
inline constexpr std::array axes{Axis::data,      Axis::training,     Axis::model,
                                 Axis::inference, Axis::coordination, Axis::intelligence};
[[nodiscard]] std::string_view to_string(Axis axis);

struct CeilingQuestion {
  std::array<double, axes.size()> pressures{};  ///< In the order of `axes`.
  double data_ceiling = 0, model_ceiling = 0, throughput_ceiling = 0;
  double threshold = 0.5;
  double lookups = 0;                    ///< Remote look-ups per request (the fan-out).
  double lookup_time = 0;                ///< s each, one after the other.
  std::optional<double> latency_budget;  ///< s
  std::optional<double> failure_budget;  ///< Share of time, e.g. 0.05.
  std::optional<double> failure_share;   ///< Of failure.hpp, at the nodes considered.
  /// Why there is no failure_share: failures leave nothing, or the theory does not hold. Fewer
  /// workers then.
  std::string failure_excess;
};

struct CeilingAnswer {
  std::string binding;           ///< data, model, throughput; empty when nothing binds.
  std::vector<Axis> distribute;  ///< Largest pressure first.
  bool one_machine_is_enough = false;
  double tax = 0;                       ///< s per request
  std::optional<double> budget_left;    ///< s; negative: the tax does not fit.
  std::optional<double> fan_out_limit;  ///< Look-ups at which the tax eats the whole budget.
  /// The most whole look-ups that leave anything of it.
  std::optional<double> most_lookups;
  std::string recommendation;   ///< one machine, distribute, fewer workers
  std::string topology;         ///< single, centralised, decentralised, hierarchical
  std::string mode;             ///< interactive, batch
  std::string dominant_metric;  ///< tail latency, throughput, time to result, memory
  bool model_on_one_node = true;
  std::vector<std::string> verdict;  ///< Sentences, each with its number.
};
[[nodiscard]] CeilingAnswer which_ceiling(const CeilingQuestion& question);

}  // namespace assay::models
