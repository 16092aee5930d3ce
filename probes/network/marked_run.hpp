#pragma once
/// @file
/// A probe or workload with its markers recorded: regions become rows of rank 0, and with a trace
/// the spans of all ranks go into one file, on one clock.

#include <filesystem>

#include "probes/network/rank_probe.hpp"

namespace assay::network {

/// Collective. `trace` empty: no trace, and phases are not recorded. With one, each rank keeps the
/// last 5,000 spans.
void run_marked(const RankProbe& probe, RankContext& context, const std::filesystem::path& trace);

}  // namespace assay::network
