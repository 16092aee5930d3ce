#pragma once
/// @file
/// What a collective costs under the alpha-beta-gamma model: its steps on the critical path, as
/// pure data.
///
/// Model:        a step that moves m bytes each way and reduces r bytes takes message(m) +
/// reduction(r), where
///               message(m) = alpha + m beta is taken at the step's own size (it may be piecewise).
/// Sources:      Thakur, Rabenseifner & Gropp, "Optimization of Collective Communication Operations
/// in MPICH",
///               2005; Sanders, Speck & Traeff, "Two-tree algorithms", Parallel Computing 35, 2009;
///               Patarasuk & Yuan, "Bandwidth optimal all-reduce algorithms", JPDC 69, 2009.
/// Not modelled: noise, stragglers, contention inside the fabric beyond what `StepCosts` was
/// measured under.
///
/// The measuring side (predicted_time rows, the choice of `auto`) and the reporting side (planning
/// for N nodes) both use this file, so that a prediction is the same number in both.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/units.hpp"

namespace assay {

/// What one step costs. `message` should come from the exchange pattern under load (every rank
/// sends and receives at once): half a ping-pong's round trip is too optimistic by up to 2x.
struct StepCosts {
  /// One message of that size each way. `distance` is how far apart the partners' rank numbers are;
  /// a fabric without tiers ignores it.
  std::function<Seconds(Bytes size, int distance)> message;
  /// Combining that many received bytes with own ones.
  std::function<Seconds(Bytes size)> reduction;
  /// The same message where partners swap, and where half of the ranks only send and the others
  /// only receive: over a socket both ways at once, or over idle ones. Unknown: as `message`.
  std::function<Seconds(Bytes size, int distance)> swap = {}, one_way = {};
  /// What each further message of a concurrent round adds beside its bytes (LogGP's overhead).
  /// Unknown: a whole start-up where the steps are said to follow each other, nothing where they
  /// share one round.
  std::optional<Seconds> overhead = std::nullopt;
  /// The same where one rank serves all others while they wait. Unknown: as `overhead`.
  std::optional<Seconds> server_overhead = std::nullopt;
  /// What a byte of several messages under way at once takes at least: the slope of long ones.
  /// A bucket or a buffer lets single short messages pass for less. Unknown: as `message`.
  std::optional<SecondsPerByte> wire = std::nullopt;
  /// `message` was measured while all ranks of every node sent: what sharers cost is in it.
  bool is_loaded = false;
  /// Share of a segmented algorithm's reduction that really runs while data moves: 1 where the wire
  /// moves data by itself, 0 where this core copies it (TCP over loopback, shared memory).
  double overlap = 1;
};
[[nodiscard]] StepCosts linear_step_costs(Seconds alpha, SecondsPerByte beta, SecondsPerByte gamma);

/// Which wire a step uses, where ranks share nodes.
enum class Lane { outer, inner };

/// Who sends to whom in a step: everybody onwards and from behind, partners to each other, or one
/// of two.
enum class Pattern { shift, swap, one_way };

/// `repeats` equal steps, one after the other.
struct CostStep {
  double repeats = 1;
  Bytes message{0};    ///< All that one step sends to one partner, in `startups` equal messages.
  Bytes reduction{0};  ///< Reduced after the message arrived.
  Bytes hidden{0};     ///< Reduced while another segment arrives: costs only what `overlap` leaves.
  double startups = 1;  ///< Segments the message is cut into; 0: no message at all.
  double flows =
      1;  ///< Such messages that share one port at once: one start-up, `flows` times the bytes.
  double sharers = 1;  ///< Ranks of a node that do so at once through the node's one port.
  int distance = 1;    ///< Between partners, in ranks.
  Lane lane = Lane::outer;
  Pattern pattern = Pattern::shift;
  /// The repeats are in flight together: with a known overhead only the first pays a whole
  /// start-up.
  bool in_flight = false;
};

/// The critical path of one call.
struct CollectiveCost {
  std::vector<CostStep> steps;
  /// Sequential message start-ups (the factor of alpha).
  [[nodiscard]] double startups() const;
  /// Bytes through one rank's port, one way (the factor of beta).
  [[nodiscard]] Bytes moved() const;
  /// Bytes reduced on the critical path (the factor of gamma), not counting hidden ones.
  [[nodiscard]] Bytes reduced() const;
};

/// The point a cost is asked for. @pre 1 <= nodes <= ranks
struct CollectiveShape {
  int ranks = 1;
  Bytes bytes{0};  ///< Of the vector each rank contributes.
  int nodes = 1;   ///< Hosts the ranks are spread over evenly; counts for hierarchical only.
  Bytes segment{
      0};  ///< Pipeline grain; 0 B: not segmented. The algorithm's own rule: `ring_segment` etc.
  int servers = 1;  ///< sharded_server: how many.
};

/// Time of a call. A message in segments takes at least what it takes as a whole. `inner` is used
/// for Lane::inner; without it both lanes cost the same.
[[nodiscard]] Seconds predict(const CollectiveCost& cost, const StepCosts& outer,
                              const StepCosts* inner = nullptr);

// --- all-reduce; p ranks, m bytes, p' = largest power of two <= p, l = lg p' ---
/// (p-1)(2k alpha + 2(m/p) beta + s gamma), k = ceil(m/(p s)); with s = 0: s = m/p, k = 1.
[[nodiscard]] CollectiveCost ring_cost(const CollectiveShape& shape);
/// l (alpha + m beta + m gamma); folding adds 2 alpha + 2 m beta + m gamma when p is not a power of
/// two.
[[nodiscard]] CollectiveCost recursive_doubling_cost(const CollectiveShape& shape);
/// 2l alpha + 2((p'-1)/p') m beta + ((p'-1)/p') m gamma; folding as above. Reduction hidden but for
/// one segment per step when segmented.
[[nodiscard]] CollectiveCost rabenseifner_cost(const CollectiveShape& shape);
/// ceil(lg p)(2 alpha + 2 m beta + m gamma).
[[nodiscard]] CollectiveCost binomial_tree_cost(const CollectiveShape& shape);
/// (4L+4k)(alpha + m beta/(2k)), L = ceil(lg p), k = ceil(m/(2s)) blocks per half.
[[nodiscard]] CollectiveCost double_binary_tree_cost(const CollectiveShape& shape);
/// 2(p-1) alpha + 2(p-1) m beta + (p-1) m gamma.
[[nodiscard]] CollectiveCost star_cost(const CollectiveShape& shape);
/// S servers: max{2(p-1) alpha + 2(p-1)(m/S) beta + (p-1)(m/S) gamma, 2S alpha + 2m beta}.
[[nodiscard]] CollectiveCost sharded_server_cost(const CollectiveShape& shape);
/// 2(p-1) alpha + 2((p-1)/p) m beta + ((p-1)/p) m gamma, all messages in flight at once.
[[nodiscard]] CollectiveCost direct_cost(const CollectiveShape& shape);
/// alpha + (p-1) m beta + (p-1) m gamma, one round.
[[nodiscard]] CollectiveCost one_shot_cost(const CollectiveShape& shape);
/// n nodes x q: direct reduce-scatter and all-gather inside; outside a ring of n with m/q, or
/// recursive doubling where that is short, q sharers of a port.
[[nodiscard]] CollectiveCost hierarchical_cost(const CollectiveShape& shape);
/// Whether a slice of that size goes around a ring between the nodes. One rule for code and model.
[[nodiscard]] bool hierarchy_uses_ring(Bytes slice);

/// Ranks of one host, through memory they share: short vectors (up to 4 KiB) in one round of p-1
/// reads, long ones staged, reduced and fetched back in chunks of 64 KiB. All steps are
/// Lane::inner.
[[nodiscard]] CollectiveCost shared_memory_cost(const CollectiveShape& shape);

// --- the other collectives of sharded training; bytes = of the whole vector ---
/// (p-1) alpha + ((p-1)/p) m beta + ((p-1)/p) m gamma.
[[nodiscard]] CollectiveCost reduce_scatter_cost(const CollectiveShape& shape);
/// (p-1) alpha + ((p-1)/p) m beta.
[[nodiscard]] CollectiveCost allgather_cost(const CollectiveShape& shape);
/// Short: ceil(lg p)(alpha + m beta). Long: scatter and all-gather, (ceil(lg p) + p-1) alpha +
/// 2((p-1)/p) m beta.
[[nodiscard]] CollectiveCost broadcast_cost(const CollectiveShape& shape);
/// Whether a broadcast of that shape is long. One rule for code and model.
[[nodiscard]] bool broadcast_scatters(const CollectiveShape& shape);
/// (p-1)(alpha + (m/p) beta).
[[nodiscard]] CollectiveCost alltoall_cost(const CollectiveShape& shape);

/// ceil(lg p) alpha, 2((p-1)/p) m beta, ((p-1)/p) m gamma: no all-reduce is faster (Chan et al.
/// 2007).
[[nodiscard]] CollectiveCost all_reduce_lower_bound(const CollectiveShape& shape);

/// What has a closed form, by the name in the algorithm column. An algorithm registers it beside
/// itself, or in the file of its cost; measuring, planning and the documentation read it from here.
struct CollectiveCostModel {
  std::string_view algorithm;  ///< "ring"
  std::string_view topology;   ///< Family: ring, hypercube, tree, star, direct, hierarchical.
  CollectiveCost (*cost)(const CollectiveShape&);
  std::string_view formula;  ///< For people.
  /// The segment that the algorithm cuts its messages into for a shape; null: it does not segment.
  Bytes (*segment)(const CollectiveShape&) = nullptr;
};
/// Called before main. Two models of one name are a bug.
bool register_all_reduce_cost(CollectiveCostModel model);
/// The all-reduce algorithms that any fabric can run, by name.
[[nodiscard]] const std::vector<CollectiveCostModel>& all_reduce_cost_models();
/// Nothing for an unknown name.
[[nodiscard]] const CollectiveCostModel* find_all_reduce_cost(std::string_view algorithm);

/// Segment that each segmented algorithm uses for a shape; 0 B: it does not segment there. One rule
/// for code and model.
[[nodiscard]] Bytes pipeline_segment(std::string_view algorithm, const CollectiveShape& shape);
/// The cost with the algorithm's own segment filled in. @pre the algorithm has a cost model
[[nodiscard]] CollectiveCost all_reduce_cost(std::string_view algorithm, CollectiveShape shape);

/// m/t 2(p-1)/p: the rate each port must sustain, comparable over rank counts. Undefined (NaN) at p
/// = 1.
[[nodiscard]] BytesPerSecond all_reduce_bus_bandwidth(int ranks, Bytes bytes, Seconds time);

/// P(the slowest of n is later than t) from P(one is later than t): 1 - (1 - tail)^n.
[[nodiscard]] double straggler_probability(double tail, int ranks);

}  // namespace assay
