#pragma once
/// @file
/// Metrics as a fraction of the roof measured in the same run, so that a result from another kind
/// of machine can still be compared: a kernel that reached 80 % of one machine's roof should of the
/// next.
///
/// Roofs are medians of delivered rates, never the best sample: FLOP/s per data type and thread
/// count (compute.peak_flops), B/s per memory level and thread count (memory.bandwidth, triad), B/s
/// per provider (network.alpha_beta stream, largest message over its time). A roofline.check row is
/// set against min(peak, intensity * bandwidth). Ratios (unit 1) are normalised already. Not
/// covered: times, whose roof nobody knows without their work; they are left out and counted.

#include "probes/core/record.hpp"
#include "reports/gate/read/metric.hpp"
#include "reports/gate/read/read_run_metrics.hpp"

namespace assay {
struct RunData;
}

namespace assay::gate {

struct NormalisedLaunch {
  Launch launch;
  int left_out = 0;  ///< Metrics without a roof in this run.
};
[[nodiscard]] NormalisedLaunch normalise(const RunData& run, const RunMetricsOptions& options = {});

}  // namespace assay::gate
