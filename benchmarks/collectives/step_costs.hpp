#pragma once
/// @file
/// Measures what one step of a collective costs over these ranks, right now: the inputs of the cost
/// formulas.
///
/// message:   every rank sends to rank + d and receives from rank - d at once, in chains of several
/// steps, so
///            that the skew between steps counts as it does in a collective (the loaded exchange).
/// swap, one way: the same where partners swap, and where one of two sends: sockets and cores feel
///            the difference. Between hosts up to 4 KiB: beyond, the wire decides.
/// overhead:  what each further message of a round adds, from everybody to everybody at once; and,
///            between hosts, where one rank serves all others.
/// reduction: all ranks combine at once, since they share memory bandwidth.
/// cold:      a step's bytes are a stretch of a long vector, which is not in the caches any more
/// when its turn
///            comes: messages and reductions of 128 KiB that walk through vectors of several
///            lengths tell what each byte costs more than in place. Segments need that; a message
///            as long as the vector was measured with it.
/// Between the measured sizes costs are interpolated linearly, beyond the largest with its last
/// slope: a protocol change shows as it is and needs no model. Not measured: other traffic on the
/// fabric.

#include <algorithm>
#include <optional>
#include <vector>

#include "probes/cost/collective_cost.hpp"
#include "probes/network/transport/communicator.hpp"
#include "probes/network/transport/reduction.hpp"

namespace assay::collectives {

/// Seconds over bytes, by measured points.
class CostCurve {
 public:
  void add(Bytes size, Seconds time) { points_.push_back({size, time}); }
  void add_all(const CostCurve& longer) {
    points_.insert(points_.end(), longer.points_.begin(), longer.points_.end());
  }
  /// @pre points were added in ascending order of size
  [[nodiscard]] Seconds at(Bytes size) const;
  /// Between the two longest. @pre there are two
  [[nodiscard]] SecondsPerByte last_slope() const;

 private:
  struct Point {
    Bytes size;
    Seconds time;
  };
  std::vector<Point> points_;
};

/// What a byte costs more in a vector of that length than where it stays in the caches.
class ColdSurcharge {
 public:
  /// @pre in ascending order of length
  void add(Bytes vector, SecondsPerByte more) { points_.push_back({vector, more}); }
  /// Linear between the points; nothing before the first, and the last beyond it: caches are as
  /// missed as can be.
  [[nodiscard]] SecondsPerByte at(Bytes vector) const;
  /// `time`, measured where everything was `size` long, for bytes out of a vector.
  [[nodiscard]] Seconds applied(Seconds time, Bytes size, Bytes vector) const {
    return time + size * std::max(at(vector) - at(size), SecondsPerByte(0));
  }

 private:
  struct Point {
    Bytes vector;
    SecondsPerByte more;
  };
  std::vector<Point> points_;
};

struct StepCostOptions {
  Bytes largest =
      4_MiB;  ///< Of a message: half a vector is the most a step of most algorithms moves.
  Seconds budget{0.3};                                    ///< Wall time of all of it, about.
  network::ElementType type = network::ElementType::f32;  ///< Of the reduction.
};

/// Of both lanes: the fabric, and memory shared inside a host where ranks share hosts and can share
/// memory.
struct LaneCosts {
  StepCosts outer;
  std::optional<StepCosts> inner;
  Seconds entry{0};  ///< Of all ranks into a call that does nothing, as the timer sees it.
  ColdSurcharge cold_message, cold_inner, cold_reduction;
  /// `vector`: what every rank contributes.
  [[nodiscard]] Seconds predict(const CollectiveCost& cost, Bytes vector) const;
};

/// Collective: all ranks get equal costs, so that all of them choose the same algorithm from them.
[[nodiscard]] LaneCosts measure_step_costs(network::Communicator& communicator,
                                           const StepCostOptions& options);

/// True when all ranks live on one host: their cores move the bytes, so no reduction hides behind a
/// transfer.
[[nodiscard]] bool is_one_host(network::Communicator& communicator);

}  // namespace assay::collectives
