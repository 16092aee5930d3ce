#pragma once
/// @file
/// The communication term of a workload from probed wires: which all-reduce it used, on how many
/// bytes, at the step's own message sizes. Formulas are probes/cost/collective_cost.hpp's.

#include <optional>
#include <vector>

#include "reports/models/laws/scaling_law.hpp"
#include "reports/models/messages/alpha_beta.hpp"

namespace assay::models {

/// Nothing when the series names no bytes or no known algorithm, or its provider was not probed.
[[nodiscard]] std::optional<CommunicationTerm> communication_term(
    const ScalingSeries& series, const std::vector<AlphaBetaFit>& wires);

}  // namespace assay::models
