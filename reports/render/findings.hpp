#pragma once
/// @file
/// What the report concludes: the answers of the decision box, from measurements and fits. Pure.
///
/// Without a deadline there is no cheapest N worth having but 1 (Amdahl with a linear price), so
/// the recommended N is the one that minimises cost x time, that is, maximises speedup x efficiency
/// (Kleinrock's power); with a deadline it is the cheapest that meets it nine times in ten.

#include <optional>
#include <string>
#include <vector>

#include "reports/models/analysis.hpp"
#include "reports/render/numbers.hpp"
#include "reports/render/report_input.hpp"
#include "reports/render/what_if.hpp"

namespace assay::render {

/// Cost where no price is given: node-seconds, shown with this unit.
inline constexpr std::string_view node_seconds = "node-s";

/// The study a decision rests on: strong scaling that has laws, with the most rank counts; else any
/// that has laws; else the first. Null when the run holds none.
[[nodiscard]] const models::ScalingStudy* main_study(const Subject& subject);

/// Short and unique in its run: "gradient, strong scaling"; with the model and schedule, the number
/// format, the path and the algorithm where several differ in them.
[[nodiscard]] std::string study_name(const Subject& subject, const models::ScalingStudy& study);

/// Most studies that are drawn; of further ones a table has the numbers.
inline constexpr std::size_t most_studies = 4;
/// The main one first, then those with laws.
[[nodiscard]] std::vector<const models::ScalingStudy*> studies_to_draw(const Subject& subject);

/// How many of the study's ranks one node held, at most, from the run's rows. At least 1.
[[nodiscard]] double ranks_per_node(const Subject& subject, const models::ScalingStudy& study);

/// Cost of the study: with the subject's prices, or in node-seconds of the measured node.
[[nodiscard]] std::optional<models::CostStudy> cost_for(const ReportInput& input,
                                                        const Subject& subject,
                                                        const models::ScalingStudy& study);

/// The point the report recommends; null when nothing can be.
[[nodiscard]] const models::CostPoint* recommended(const models::CostStudy& cost);

/// "4 nodes", "4 x large".
[[nodiscard]] std::string nodes_text(const models::CostPoint& point);
/// One sentence that could stand on an order.
[[nodiscard]] std::string headline(const models::CostPoint& point, const models::CostStudy& cost,
                                   const models::ScalingStudy& study);

/// For how many results the study's money is stated, all over the page.
[[nodiscard]] ResultUnit result_unit_of(const models::CostStudy& cost);

/// The draws behind the cost of the node type that the report recommends, for rank counts that are
/// measured, projected or a range.
[[nodiscard]] WhatIfModel what_if_model(const Subject& subject, const models::ScalingStudy& study,
                                        const models::CostStudy& cost);
[[nodiscard]] WhatIfSettings what_if_settings(const models::CostStudy& cost);

/// P(a random draw of `a` is below one of `b`), ties counting half. @pre both not empty
[[nodiscard]] double probability_below(std::vector<double> a, std::vector<double> b);

/// What limits the study at its largest measured rank count.
struct Binding {
  std::string what;    ///< "communication", "memory bandwidth", ...
  std::string reason;  ///< With the numbers behind it.
};
[[nodiscard]] Binding what_binds(const Subject& subject, const models::ScalingStudy& study);

/// The biggest reasons for doubt, biggest first.
[[nodiscard]] std::vector<std::string> risks_of(const ReportInput& input, const Subject& subject,
                                                const models::ScalingStudy* study,
                                                const models::CostPoint* point);

/// What speaks against believing the run, or for it.
struct Check {
  std::string name, host, verdict, finding, advice;
};
/// The validity checks of run.json, and what the rows themselves say; failed first.
[[nodiscard]] std::vector<Check> checks_of(const RunData& run);
/// How many of them have that verdict: failed, warning, unknown, passed.
[[nodiscard]] int checks_with(const RunData& run, std::string_view verdict);

}  // namespace assay::render
