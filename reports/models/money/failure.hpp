#pragma once
/// @file
/// The failure tax: time lost to checkpoints, lost work and restarts at N nodes (Young and Daly,
/// first order).
///
///   M_N = M_node/N    tau* = sqrt(2 delta M_N)    w = sqrt(2 delta/M_N) + R/M_N
///
/// The first order holds while delta <= M_N/10; beyond that no share is stated.
/// Source: Young, CACM 17(9), 1974; Daly, FGCS 22(3), 2006.

#include "probes/core/outcome.hpp"
#include "probes/core/units.hpp"

namespace assay::models {

struct FailureTax {
  Seconds system_mtbf;          ///< M_N
  Seconds checkpoint_interval;  ///< tau*; infinite when a checkpoint costs nothing.
  double lost_share = 0;        ///< w: of all time; T_total = T/(1 - w).
};

/// unsupported, with the reason, where the first order does not hold or nothing would be left.
/// @pre nodes >= 1, node_mtbf > 0, the others not negative
[[nodiscard]] Outcome<FailureTax> failure_tax(double nodes, Seconds node_mtbf, Seconds checkpoint,
                                              Seconds restart);

}  // namespace assay::models
