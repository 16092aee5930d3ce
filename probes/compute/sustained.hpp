#pragma once
/// @file
/// What is left of the peak after a minute: buyers pay for the sustained clock.
///
/// Bursts back to back on all cores; the first 5 s against the last 10 s of at least 60 s. A
/// shorter pass (for tests) takes the same shares: a twelfth and a sixth.

#include <utility>
#include <vector>

#include "probes/compute/roof.hpp"
#include "probes/core/units.hpp"

namespace assay::compute {

struct SustainedPass {
  std::vector<double> first, last;  ///< FLOP/s of the bursts of either end.
  bool verified = true;
};

/// One burst's end, since the pass began, and its rate.
using TimedRate = std::pair<Seconds, FlopsPerSecond>;
/// Pure. @pre not empty; each end gets at least one burst
[[nodiscard]] SustainedPass split_pass(const std::vector<TimedRate>& bursts, Seconds total);

/// Ends early, with what it has, when the user interrupts.
[[nodiscard]] SustainedPass run_sustained(PinnedPool& pool, const ChainSweep& sweep, Seconds total);

}  // namespace assay::compute
