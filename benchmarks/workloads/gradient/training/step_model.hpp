#pragma once
/// @file
/// Predicts a training step from its parts before it is measured, and the bandwidth below which a
/// technique pays.
///
///   E_b = max(R_b + encode so far, E_(b-1)) + T_b      step = max(E_last, compute + encode)
///
/// R_b: when bucket b is ready; T_b: its collectives' time by their cost formulas over alpha, beta
/// and gamma measured in the same launch with all ranks busy. Where this core moves the bytes
/// itself (`overlap` 0: loopback, shared memory) nothing hides and the parts add up, unless cores
/// are kept for it. A technique pays where its step is at least 5 % shorter than that of the
/// baseline, bf16 with overlap: it costs accuracy, and less than that nobody would notice. The
/// break-even bandwidth is the largest 1/beta at which it does, all else as measured here. Not
/// modelled: stragglers, the compute slow-down by polling, kept cores that several ranks share.

#include <optional>
#include <string>
#include <vector>

#include "benchmarks/workloads/gradient/compressors/exchange.hpp"
#include "benchmarks/workloads/gradient/training/trainer.hpp"
#include "benchmarks/workloads/gradient/training/wire.hpp"

namespace assay::workloads {

/// One bucket of a step.
struct BucketForecast {
  Seconds ready{0};
  Seconds encode{0};
  std::vector<PlannedCollective> planned;
};
struct StepForecast {
  int ranks = 1;
  std::string algorithm;  ///< Of the all-reduces.
  Seconds compute{0};     ///< Of one step.
  int steps_per_round = 1;
  bool overlaps = false;
  bool keeps_cores = false;  ///< Communicates on other cores than the compute's.
  std::vector<BucketForecast> buckets;
};

/// Collective: times the compute, and the encoding without messages; the slowest rank counts.
[[nodiscard]] StepForecast forecast(network::Communicator& communicator, Trainer& trainer,
                                    const TrainingOptions& options);

/// Time of one step.
[[nodiscard]] Seconds predict_step(const StepForecast& step, const WireCosts& wire);

/// By what share of the baseline's step a technique has to be faster to pay.
inline constexpr double worth = 0.05;

/// The largest bandwidth at which `step` pays against `baseline`. Nothing: at none between 10
/// kB/s and 1 TB/s. Infinite: still at 1 TB/s.
[[nodiscard]] std::optional<BytesPerSecond> break_even(const StepForecast& step,
                                                       const StepForecast& baseline,
                                                       const WireCosts& wire);

}  // namespace assay::workloads
