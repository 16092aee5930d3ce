#pragma once
/// @file
/// Where the ranks of a study ran: the one place that says how many of them a node holds.

#include "reports/decision/decision.hpp"

namespace assay::decision {

/// @param stated of the user; 0: not stated
[[nodiscard]] Placement placement_of(const models::ScalingSeries& series, double stated);

}  // namespace assay::decision
