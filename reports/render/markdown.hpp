#pragma once
/// @file
/// The summary as GitHub Markdown: the decision, the checks that did not pass, the main tables.

#include <string>

#include "reports/render/page.hpp"
#include "reports/render/report_input.hpp"

namespace assay::render {

[[nodiscard]] std::string markdown_summary(const ReportInput& input, const Page& page);

}  // namespace assay::render
