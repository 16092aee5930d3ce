#pragma once
/// @file
/// What to measure next, at the least cost, so that the answer gets surer.

#include "reports/decision/decision.hpp"

namespace assay::decision {

/// A sentence without its full stop; empty where there is nothing to advise. @pre decision.cost
[[nodiscard]] std::string next_step(const Decision& decision);

}  // namespace assay::decision
