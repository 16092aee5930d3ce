#pragma once
/// @file
/// Multiplicative factors of efficiency, over rank counts: which of them loses the speed.
///
///   load balance              LB = mean over ranks(compute) / max over ranks(compute)
///   communication efficiency  CE = max over ranks(compute) / step time
///   parallel efficiency       PE = LB x CE
///   compute scalability       CS = compute of all ranks at the smallest N / that at N
///                             (weak scaling: per rank)
///   global efficiency              PE x CS
///
/// From the workloads' rows compute_time (of the slowest rank) and load_balance, or in its place
/// rank_compute_time of every rank. The value at N is the geometric mean over launches, its
/// interval Student's over their logarithms. Source: POP centre of excellence,
/// co-design.pop-coe.eu/metrics. Not told apart: transfer and serialisation, IPC and clock.
/// Communication that hides behind compute does not show as lost.

#include <string>
#include <vector>

#include "probes/core/record.hpp"
#include "probes/core/statistics.hpp"

namespace assay {
struct RunData;
}

namespace assay::models {

/// NaN where the rows do not say; intervals are NaN with one launch.
struct PopPoint {
  std::int64_t ranks = 0;
  Estimate<double> load_balance, communication_efficiency, parallel_efficiency;
  Estimate<double> compute_scalability, global_efficiency;
};
struct PopStudy {
  std::string subject;
  Record like;                   ///< A row of it: probe, scaling, provider, algorithm, ...
  std::vector<PopPoint> points;  ///< Ascending rank counts.
};
/// Of every workload that says how long its ranks computed.
[[nodiscard]] std::vector<PopStudy> pop_studies(const RunData& run);

}  // namespace assay::models
