#pragma once
/// @file
/// Canaries: probes of the bare machine in both runs. Where they differ, the machine did, and a
/// verdict on the program would be one on the machine.
///
/// Compute (FMA rate), memory (triad from DRAM) and network (smallest ping-pong) must lie within
/// three standard deviations of each other. The deviation is that between the samples of a run, or
/// between the runs of a side where there are several, at least 1 % each: two launches of anything
/// differ by that much.

#include <span>
#include <vector>

#include "probes/run/run_directory.hpp"
#include "reports/gate/decide/report.hpp"

namespace assay::gate {

/// Of the probes that all runs measured; empty when they share none. The value of a side is the
/// median over its runs.
[[nodiscard]] std::vector<Canary> compare_canaries(std::span<const RunData> base,
                                                   std::span<const RunData> head);

}  // namespace assay::gate
