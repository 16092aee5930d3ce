#pragma once
/// @file
/// How much of a step's communication its compute hid, and whether the figures can be believed.
///
///   overlap = (communication + compute - step) / min(communication, compute)    (IMB's formula)
///
/// with the two parts timed alone on the cores they have in the step, between 0 and 1; slow-down =
/// compute in the step over compute alone on all cores. Communication takes the core too (copies,
/// checksums, interrupts), the more the more of the network is software: that part of it cannot be
/// hidden on the same core by anybody. So it is also timed with small pieces of compute wherever it
/// waits:
///
///   hideable = min(compute, communication + pieces - both together)
///   hidden share = (communication + compute - step) / hideable
///
/// with the pieces as long as they take on the cores of the step. The parts are timed in turns, and
/// still a disturbance of one makes the figures contradict: a step shorter than its longer part,
/// longer than both in turn, or spread wider than the part that could be hidden. Such figures are
/// kept, with the reason not to trust them. Not measured: what the communication costs other ranks'
/// compute.

#include <string>
#include <vector>

namespace assay::workloads {

/// Seconds, of calls in one measurement; medians are compared.
struct StepParts {
  std::vector<double> step, compute_in_step, compute_alone, communication_alone;
  std::vector<double> communication_beside_pieces;
  double pieces = 0;  ///< What those of one step take undisturbed.
  /// Empty: the schedule leaves the compute all cores, so that it is compute_alone.
  std::vector<double> compute_on_all_cores = {};
};

struct Overlap {
  std::vector<double> fraction;      ///< One per step.
  double hideable = 0;               ///< Seconds.
  std::vector<double> hidden_share;  ///< One per step.
  double compute_slowdown = 1;
  /// Why not to trust the figure; empty: trust it.
  std::string fraction_doubt, share_doubt, slowdown_doubt;
};

/// Pure. @pre no part is empty, no time is 0
[[nodiscard]] Overlap judge_overlap(const StepParts& parts);

}  // namespace assay::workloads
