#pragma once
/// @file
/// The decision in words: one text for page, terminal, Markdown and `assay plan buy`.

#include <string>
#include <vector>

#include "reports/decision/decision.hpp"
#include "reports/decision/numbers.hpp"

namespace assay::decision {

/// "4 nodes", "4 x large".
[[nodiscard]] std::string nodes_text(const models::CostPoint& point);
/// For how many results the decision's money is stated, everywhere.
[[nodiscard]] ResultUnit result_unit_of(const models::CostStudy& cost);
/// "4 x small: 0.0533 EUR (0.0531 to 0.0535) for a result, the whole job in 3.20 h (3.18 to 3.21)".
/// @pre is_known()
[[nodiscard]] std::string configuration_text(const models::CostPoint& point,
                                             const models::CostStudy& cost);
/// One sentence that could stand on an order, or that says why there is none.
[[nodiscard]] std::string headline(const Decision& decision);
/// From how many ranks on more are slower, as a sentence; empty where that is not known.
[[nodiscard]] std::string retrograde_text(const models::ScalingStudy& study);
/// "Cannot be told apart by cost: 2 x large (...)": empty without ties.
[[nodiscard]] std::string ties_text(const Decision& decision);
/// Everything that the decision says, a line each.
[[nodiscard]] std::vector<std::string> sentences(const Decision& decision);

}  // namespace assay::decision
