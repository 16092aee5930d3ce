#pragma once
/// @file
/// The reasons to doubt a decision, biggest first, each a sentence.

#include "reports/decision/decision.hpp"

namespace assay::decision {

/// @param prices null where none were given
[[nodiscard]] std::vector<std::string> risks_of(const Decision& decision,
                                                const models::PriceList* prices);

}  // namespace assay::decision
