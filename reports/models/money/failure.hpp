#pragma once
/// @file
/// The failure tax: time lost to checkpoints, lost work and restarts at N nodes.
///
///   M_N = M_node/N, d = delta/M_N, x = tau/M_N:
///   T/T_work = e^(R/M_N) (e^(x + d) - 1)/x, least where 1 - x = e^-(x + d); w = 1 - T_work/T
///
/// Exact for failures that come at random (exponential times between them), also during checkpoints
/// and restarts; to first order in d it is Young's tau* = sqrt(2 delta M_N) and w = sqrt(2 d) +
/// R/M_N. The job is taken to be long against tau. Failures that cluster are not modelled.
/// Source: Young, CACM 17(9), 1974; Daly, FGCS 22(3), 2006, sections 2 and 4.

#include "probes/core/outcome.hpp"
#include "probes/core/units.hpp"

namespace assay::models {

struct FailureTax {
  Seconds system_mtbf;          ///< M_N
  Seconds checkpoint_interval;  ///< tau*; 0 when a checkpoint costs nothing: at every step.
  double lost_share = 0;        ///< w: of all time; T_total = T/(1 - w).
};

/// unsupported, with the reason, where a checkpoint takes more than a tenth of M_N (nobody should
/// plan on that) or next to nothing would be left.
/// @pre nodes >= 1, node_mtbf > 0, the others not negative
[[nodiscard]] Outcome<FailureTax> failure_tax(double nodes, Seconds node_mtbf, Seconds checkpoint,
                                              Seconds restart);

}  // namespace assay::models
