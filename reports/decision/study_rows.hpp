#pragma once
/// @file
/// The rows of a run that belong to one scaling study, whatever their metric.

#include <string_view>
#include <vector>

#include "probes/run/run_directory.hpp"
#include "reports/models/laws/series.hpp"

namespace assay::decision {

/// Those with numbers, in file order.
[[nodiscard]] std::vector<const Record*> rows_of(const RunData& run,
                                                 const models::ScalingSeries& series,
                                                 std::string_view metric);
/// Median over their rows at that rank count; NaN when there are none.
[[nodiscard]] double median_at(const std::vector<const Record*>& rows, double ranks);

}  // namespace assay::decision
