#pragma once
/// @file
/// The rows of one training: step, breakdown by rank, forecast, overlap, stragglers, noise.
///
/// Inside the timer: a round of the training (trainer.hpp), from the start that all ranks agreed on
/// to the last rank's end; step_time is a round's over its steps. compute_time is the slowest
/// rank's compute; exposed_time is what the step takes beyond it: encoding, communication and
/// waiting that no compute hides. Outside: making the data, the check of the training, the
/// forecast.

#include <optional>
#include <string_view>

#include "benchmarks/workloads/gradient/training/step_model.hpp"
#include "benchmarks/workloads/gradient/training/training_settings.hpp"

namespace assay::workloads {

inline constexpr std::string_view gradient_probe = "workload.gradient";

/// How a training is measured.
struct TrainingMode {
  bool is_weak = false;      ///< Every rank has as many rows as one rank has alone.
  bool is_detailed = false;  ///< Beside the step: forecast, overlap, loss, error, stragglers.
};

/// On all ranks. `baseline`: forecast of bf16 with overlap, for the gain and the break-even. A
/// training that fails its check is one row "incorrect" with the complaint, and nothing is timed.
void measure_training(network::RankContext& context, const TrainingOptions& options,
                      const TrainingMode& mode, const WireCosts& wire,
                      const std::optional<StepForecast>& baseline);

}  // namespace assay::workloads
