#pragma once
/// @file
/// Everything a report draws, from one run: the models' results as values rather than rows.

#include <optional>
#include <string>
#include <vector>

#include "reports/models/laws/amdahl.hpp"
#include "reports/models/laws/model_selection.hpp"
#include "reports/models/messages/alpha_beta.hpp"
#include "reports/models/money/cost.hpp"
#include "reports/models/roofline.hpp"

namespace assay::models {

/// One workload over its rank counts.
struct ScalingStudy {
  ScalingSeries series;
  std::optional<AmdahlFit> amdahl;  ///< Strong scaling with at least two rank counts.
  std::optional<LawFit> gustafson;  ///< Weak scaling.
  std::optional<LawFit> usl;
  std::optional<ModelSelection> selection;  ///< At least two rank counts.
  std::vector<std::string> missing;  ///< What could not be fitted, and what can still be said.
};

struct Analysis {
  std::vector<ScalingStudy> scaling;
  std::vector<AlphaBetaFit> alpha_beta;
  std::vector<Roofline> rooflines;
};

/// @param tiers borders of the network that the user knows of, beside those that the run shows
[[nodiscard]] Analysis analyse(const RunData& run, const std::vector<Tier>& tiers = {});

}  // namespace assay::models
