#pragma once
/// @file
/// A model: what a run's measurements mean, as rows of models.csv. One file per model; each adds
/// itself:
///
///   const bool registered = Registry<Model>::add({.about = {.kind = "model", .name = "amdahl",
///   ...}, .fit = ...});
///
/// Models are pure functions on records: no clock, no file, no random number that is not seeded.

#include <functional>
#include <vector>

#include "probes/core/record.hpp"
#include "probes/core/registry.hpp"

namespace assay {
struct RunData;
}

namespace assay::models {

struct ScalingSeries;  // reports/models/laws/series.hpp
struct AlphaBetaFit;   // reports/models/messages/alpha_beta.hpp

/// A run, and what more than one model would otherwise make of it again.
struct FitInput {
  const RunData& run;
  std::vector<ScalingSeries> series;  ///< scaling_series(run)
  std::vector<AlphaBetaFit> wires;    ///< alpha_beta_fits(run)
};

struct Model {
  Description about;  ///< kind = "model"; metrics are the parameters it may put into models.csv.
  /// Rows for everything in the run that the model speaks about; none when the run holds nothing of
  /// the kind. What cannot be fitted is a row without a value whose note says what is missing and
  /// what can still be said. Throws only InputError, for impossible input (a negative time).
  std::function<std::vector<ModelRow>(const FitInput&)> fit;
};

}  // namespace assay::models
