#pragma once
/// @file
/// What limits a study at its largest measured rank count: from the clocks, and from a law only
/// where one holds.

#include "reports/decision/decision.hpp"

namespace assay::decision {

[[nodiscard]] Binding what_binds(const RunData& run, const models::Analysis& analysis,
                                 const models::ScalingStudy& study);

}  // namespace assay::decision
