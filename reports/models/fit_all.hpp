#pragma once
/// @file
/// What `assay report` writes to models.csv: the rows of every model.

#include <vector>

#include "probes/core/record.hpp"
#include "reports/models/messages/alpha_beta.hpp"

namespace assay {
struct RunData;
}

namespace assay::models {

/// Every registered model, in alphabetical order, computed side by side in threads of their own:
/// what `assay report` writes to models.csv.
[[nodiscard]] std::vector<ModelRow> fit_all(const RunData& run);
/// The same where the run's messages are fitted already.
[[nodiscard]] std::vector<ModelRow> fit_all(const RunData& run, std::vector<AlphaBetaFit> wires);

}  // namespace assay::models
