#pragma once
/// @file
/// The decision box as a few lines of plain text, for whoever sits at the terminal.

#include <string>

#include "reports/render/report_input.hpp"

namespace assay::render {

/// For each subject: the recommendation with its label, what binds, and at most three risks.
[[nodiscard]] std::string plain_answer(const ReportInput& input);

}  // namespace assay::render
