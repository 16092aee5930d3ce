#pragma once
/// @file
/// Trains a few rounds outside the timer and says whether the result is what it must be.

#include <optional>
#include <string>
#include <vector>

#include "benchmarks/workloads/gradient/training/trainer.hpp"

namespace assay::workloads {

struct TrainingCheck {
  std::string complaint;       ///< Empty when all is well; the same on all ranks.
  std::vector<double> losses;  ///< Mean loss of all rows before each round's last step.
  double error_norm = 0;       ///< Of one reduction: |result - sum| / |sum|, memory empty.
  /// Trainer::ReductionError::of_naive_average
  std::optional<double> naive_average_error;
};

/// Collective. Checks: exact variants equal one rank's training over all rows (weights to 1e-12 in
/// f64 and 2e-5 in f32 relative, per round), one reduction stays within the compressor's bound, the
/// ranks hold the same bits where the method promises it, and the loss falls. Resets the trainer.
[[nodiscard]] TrainingCheck check_training(network::Communicator& communicator, Trainer& trainer,
                                           const TrainingOptions& options, int rounds);

}  // namespace assay::workloads
