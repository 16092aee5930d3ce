#pragma once
/// @file
/// The settings of workload.gradient, as the user writes them, to the trainings they mean.

#include <string>
#include <vector>

#include "benchmarks/workloads/gradient/training/trainer.hpp"
#include "probes/network/rank_probe.hpp"

namespace assay::workloads {

/// What the registry offers as options.
[[nodiscard]] std::vector<SettingInfo> training_settings();

/// A measurement of workload.gradient. The settings model, schedule, compressor, outer and bucket
/// take lists; every combination is a plan. Throws UsageError.
struct TrainingStudy {
  std::vector<TrainingOptions> variants;
  bool is_weak = false;
  /// The user asked for more than a scaling point: breakdown, forecast and loss are wanted too.
  bool is_detailed = false;
};
[[nodiscard]] TrainingStudy read_training_study(const network::RankContext& context);

/// As it stands in the operation column: the model, and what differs from the plainest training.
[[nodiscard]] std::string operation_name(const TrainingOptions& training_options);

}  // namespace assay::workloads
