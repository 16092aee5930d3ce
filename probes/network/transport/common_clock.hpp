#pragma once
/// @file
/// One clock for all ranks, so that they can start a call at an agreed instant and compare when it
/// ended.
///
/// On one host CLOCK_MONOTONIC is common and the offset is exactly 0. Across hosts: offset to rank
/// 0 from the exchange with the shortest round trip; the true offset lies within half of that round
/// trip. Source: Hunold & Carpen-Amarie, "Reproducible MPI Benchmarking", 2015 (round-time method).
/// Not modelled: drift between two calls of `synchronise`; call it again for each block of
/// measurements.

#include "probes/core/units.hpp"
#include "probes/network/transport/communicator.hpp"

namespace assay::network {

class CommonClock {
 public:
  /// Collective. Gives up improving after `patience` exchanges without a shorter round trip.
  static CommonClock synchronise(Communicator& communicator, int patience = 100);

  /// Of rank 0's clock, as well as it is known here.
  [[nodiscard]] Seconds now() const;
  /// Added to this rank's CLOCK_MONOTONIC it gives rank 0's.
  [[nodiscard]] Seconds offset() const { return offset_; }
  /// Half the shortest round trip, the largest over all ranks: the offset is not wrong by more. 0
  /// on one host.
  [[nodiscard]] Seconds bound() const { return bound_; }

 private:
  Seconds offset_{0};  ///< Added to the local clock.
  Seconds bound_{0};
};

}  // namespace assay::network
