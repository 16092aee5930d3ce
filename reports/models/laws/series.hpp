#pragma once
/// @file
/// The input of every scaling law: times over rank counts, one value per launch.
///
/// A study is a workload, a problem (operation, bytes) and a kind of scaling. Provider, algorithm
/// and placement are properties of its points: one rank on one node is the base of them all, shared
/// memory within a host and a network between hosts are one line, equal ranks on different numbers
/// of nodes are two points. Two ways for the same ranks on the same nodes are two series.
///
/// The replicate is a launch: rows that differ only in the launch column are replicates, and the
/// value of each is its row's median. Untrusted rows are left out as long as two rank counts remain
/// without them.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "probes/core/errors.hpp"
#include "probes/core/outcome.hpp"
#include "probes/core/record.hpp"
#include "reports/models/laws/label.hpp"

namespace assay {
struct RunData;
}

namespace assay::models {

/// The times of all launches at one rank count on one number of nodes.
struct ScalingPoint {
  double ranks = 0;
  std::vector<double> times;        ///< s, one per launch, in order of launch.
  double nodes = 0;                 ///< 0: the rows do not say.
  std::string provider, algorithm;  ///< Of its communication; empty where there was none.
  /// s: the one figure of this point, outliers set aside (launch_noise.hpp); 0 where it was not
  /// computed.
  double figure = 0;
};

/// What is asked about: a number of ranks and the nodes that they are on.
struct Place {
  double ranks = 0;
  double nodes = 0;                            ///< 0: as the study has it at that rank count.
  Place(double of_ranks, double on_nodes = 0)  // NOLINT(google-explicit-constructor)
      : ranks(of_ranks), nodes(on_nodes) {}
};

enum class Scaling { strong, weak };

struct ScalingSeries {
  std::string
      subject;  ///< "workload.gradient strong tcp ring": everything that is equal in its rows.
  std::string probe, operation, provider, algorithm, topology, dtype;
  Scaling scaling = Scaling::strong;
  std::int64_t bytes = -1;           ///< Of the vector that is reduced, where the rows say.
  std::vector<ScalingPoint> points;  ///< Ascending in ranks, then nodes; distinct.
  Reach reach;
  /// False where the rows do not say on how many nodes their ranks were: whatever lies beyond is a
  /// scenario then.
  bool placement_known = true;
  bool untrusted = false;          ///< Made of untrusted rows, for want of others.
  std::vector<std::string> notes;  ///< What was left out, and why.

  /// As measured: of the "node" tier, or 1 where nodes are unknown (a rank is a node then).
  [[nodiscard]] double ranks_per_node() const;
};

/// Where equal ranks were on different numbers of nodes: the ranks per node of the most points, the
/// larger one of two. Nothing where they were not.
[[nodiscard]] std::optional<double> commonest_ranks_per_node(const ScalingSeries& series);

/// What a law of N is fitted to: where equal ranks were on different numbers of nodes, the point
/// with the commonest ranks per node, else the one on the fewest nodes.
[[nodiscard]] ScalingSeries one_point_per_count(const ScalingSeries& series);

/// Every step_time series of the run.
[[nodiscard]] std::vector<ScalingSeries> scaling_series(const RunData& run);

/// Of the series that a row belongs to: `ScalingSeries::subject`.
[[nodiscard]] std::string series_subject(const Record& row);

/// Throws InputError (with `series.subject` as the file) for a NaN, zero or negative time or rank
/// count.
void require_valid(const ScalingSeries& series);
/// Nothing when at least `rank_counts` distinct rank counts and unequal times are there; otherwise
/// what is missing and what can still be said.
[[nodiscard]] std::optional<NoValue> missing_for_fit(const ScalingSeries& series,
                                                     std::size_t rank_counts);

/// The point's figure; where it has none, the geometric mean over launches.
[[nodiscard]] double typical_time(const ScalingPoint& point);

}  // namespace assay::models
