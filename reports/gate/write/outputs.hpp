#pragma once
/// @file
/// The outcome in the forms that CI systems and people read. All are text; write_outputs puts them
/// in a directory.

#include <filesystem>
#include <string>
#include <vector>

#include "reports/gate/decide/report.hpp"

namespace assay::gate {

/// Table for a terminal: the worst first, then the headline with what could have been missed.
[[nodiscard]] std::string terminal_table(const GateReport& report);

/// JUnit: one test case per metric. Regressed fails, inconclusive is skipped, both with the
/// interval in the message; a refusal is an error of the suite.
[[nodiscard]] std::string junit_xml(const GateReport& report);

/// GitHub step summary. Cut at `limit` bytes (GitHub refuses more than 1 MiB) with a note of how
/// many metrics were left out, the worst kept.
[[nodiscard]] std::string markdown_summary(const GateReport& report, std::size_t limit = 1000000);

/// GitHub workflow commands, at most ten lines (GitHub shows no more per step): the worst nine
/// regressions, and "N more".
[[nodiscard]] std::vector<std::string> github_annotations(const GateReport& report);

/// One line per metric; text cells are defused as in every CSV of the program.
[[nodiscard]] std::string csv_table(const GateReport& report);

/// Creates it where it is missing. Throws UsageError when it cannot be written into.
void make_output(const std::filesystem::path& directory);
/// gate.json, gate.csv, junit.xml, summary.md, annotations.txt. Throws RunError when one cannot be
/// written.
void write_outputs(const GateReport& report, const std::filesystem::path& directory);

/// "+5.1 % [+4.2, +6.0]": the change with its interval, in the metric's own direction of counting.
[[nodiscard]] std::string change_text(const MetricResult& metric);

}  // namespace assay::gate
