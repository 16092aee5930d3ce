#pragma once
/// @file
/// Cost per result: C(N) = [N p T_total(N) + fixed]/results, T_total = work T(N)/(1 - w), with its
/// interval.
///
/// w is the share of time lost to failures (failure.hpp). p is the price of a node for as long as a
/// step takes, the coordination floor included from the second node on. work is the number of
/// steps; under weak scaling a step on N ranks does N/N_0 times the work of one on the fewest ranks
/// measured, N_0, and the job is steps of that size: work = steps N_0/N. A launch's noise averages
/// out over a job of many steps, so the interval is that of the mean time; the probability of being
/// in time is that of the one job that will run. With Amdahl and a linear price the cheapest N is
/// always 1: the choice of N needs a deadline or a value of time.

#include <optional>
#include <string>
#include <vector>

#include "probes/core/statistics.hpp"
#include "reports/models/laws/model_selection.hpp"
#include "reports/models/money/memory_ceiling.hpp"
#include "reports/models/money/price_list.hpp"

namespace assay::models {

/// P(T <= deadline) from which on a deadline counts as met.
inline constexpr double deadline_confidence = 0.9;

/// What is to be computed. Times in s.
struct Job {
  double steps = 1;                ///< Measured steps in the whole job.
  double results = 1;              ///< What the job yields; cost is per one of them.
  std::optional<double> deadline;  ///< s
  std::optional<double> budget;    ///< In the price list's currency.
  double fixed_cost = 0;           ///< Once per job.
  double value_per_hour = 0;       ///< What an hour of waiting costs.
  std::optional<double>
      node_mtbf;  ///< s, of one node; empty: failures are left out, and that is said.
  double checkpoint_time = 0, restart_time = 0;  ///< s
  /// How many of the measured ranks one node holds; 0: as many as the measurements had.
  double ranks_per_node = 0;
  std::optional<MemoryNeed> memory;  ///< Empty: memory is left out.
};

/// A node type with what was measured of it.
struct Offer {
  NodeType type;
  const ModelSelection* selection = nullptr;
  double ranks_per_node = 1;
  /// The model selection's times are of this type: its relative speed is not applied.
  bool measured_here = false;
};

struct CostPoint {
  std::string node_type;
  std::size_t offer = 0;  ///< Index into CostStudy::offers.
  double nodes = 1, ranks = 1;
  Estimate<double> time;   ///< s, of the whole job
  Estimate<double> cost;   ///< Per result
  Estimate<double> total;  ///< Of the whole job: cost and value of time.
  /// The total of the average job, launches that were set aside included: what the cheapest is
  /// chosen by. NaN where the time is unknown.
  double expected_total = absent;
  double failure_share = 0;  ///< w
  double job_seconds = 1;    ///< What a second of the measured step is to the whole job.
  /// P(T <= deadline) and P(cost of the job <= budget); 1 without one, NaN where the launches allow
  /// no probability.
  double deadline_probability = 1, budget_probability = 1;
  /// Measured so, and faster than with the study's ranks per node.
  bool own_layout = false;
  bool on_pareto_front = false;
  bool feasible =
      true;  ///< Memory holds, and failures leave time. Otherwise only `note` says anything.
  Label label = Label::measured;
  std::string note;

  /// Whether anything is said of its time: false where no law may speak.
  [[nodiscard]] bool is_known() const {
    return feasible && (is_present(time.value) || is_present(time.low));
  }
};
/// The one number that comparing two points takes, also where the interval alone is the answer.
[[nodiscard]] double middle(const Estimate<double>& estimate);

/// Every node type of the list over the node counts.
struct CostStudy {
  std::string subject, currency;
  Job job;
  PriceList prices;
  std::vector<Offer> offers;      ///< In the order of the list.
  std::vector<CostPoint> points;  ///< By node type, then nodes.
  /// Index into points: the lowest expected total of those that meet deadline and budget, each with P >=
  /// 0.9. A scenario only where nothing better known meets them.
  std::optional<std::size_t> cheapest;
  /// Per type, the smallest N with P(T <= deadline) >= 0.9.
  std::vector<std::optional<std::size_t>> smallest_in_time;
  /// COST: per type, the fewest nodes that more likely than not beat the best single node of the
  /// list.
  std::vector<std::optional<double>> beats_single_node;
};

/// Whether the point meets deadline and budget, each with P >= 0.9, and is known.
[[nodiscard]] bool meets(const Job& job, const CostPoint& point);
/// Draws of the mean time of the whole job there, in s; draw j is the same world at every node
/// count of one model selection. Empty where the launches allow no interval.
[[nodiscard]] std::vector<double> job_times(const CostStudy& study, const CostPoint& point);
/// The same of the one job that will run, its launch's noise included: what is in time or not.
[[nodiscard]] std::vector<double> run_times(const CostStudy& study, const CostPoint& point);
/// As job_times(), of what the average job costs: launches that were set aside, fixed cost and value
/// of time included.
[[nodiscard]] std::vector<double> job_totals(const CostStudy& study, const CostPoint& point);

/// Each offer at every count, with its ranks per node or, where the job does not state those, with
/// the ranks on so many nodes that were measured to be faster.
/// @param offers not empty, each with a model selection
/// @param node_counts ascending; counts above a type's max_nodes are left out.
[[nodiscard]] CostStudy cost_study(std::vector<Offer> offers, const Job& job,
                                   const PriceList& prices, const std::vector<double>& node_counts);
/// The same where one study speaks for every type of the list, at job.ranks_per_node (0: as the
/// series has it).
[[nodiscard]] CostStudy cost_study(const ModelSelection& selection, const Job& job,
                                   const PriceList& prices, const std::vector<double>& node_counts);

/// The study as rows of models.csv, model "cost", subject "WORKLOAD, NODE TYPE".
[[nodiscard]] std::vector<ModelRow> cost_rows(const CostStudy& study);

}  // namespace assay::models
