#pragma once
/// @file
/// What several sections need to know of a subject: names of its studies, which are drawn, and the
/// what-if behind its decision. The decision itself is reports/decision's. Pure.

#include <optional>
#include <string>
#include <vector>

#include "reports/decision/words.hpp"
#include "reports/models/analysis.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/report_input.hpp"
#include "reports/render/what_if.hpp"

namespace assay::render {

using decision::count_of;
using decision::Decision;
using decision::nodes_text;
using decision::result_unit_of;

/// Short and unique in its run: "gradient, strong scaling"; with the model and schedule, the number
/// format, the path and the algorithm where several differ in them.
[[nodiscard]] std::string study_name(const Subject& subject, const models::ScalingStudy& study);

/// Most studies that are drawn; of further ones a table has the numbers.
inline constexpr std::size_t most_studies = 4;
/// The main one first, then those with laws.
[[nodiscard]] std::vector<const models::ScalingStudy*> studies_to_draw(const Subject& subject);

/// The draws behind the cost of the node type that the decision recommends, for node counts that
/// are measured, projected or a range. @pre subject.decision.cost
[[nodiscard]] WhatIfModel what_if_model(const Subject& subject);
[[nodiscard]] WhatIfSettings what_if_settings(const models::CostStudy& cost);

}  // namespace assay::render
