#pragma once
/// @file
/// What speaks against believing a run, or for it: the checks that the run made of itself, and the
/// rules of consistency over its whole result set (rule.hpp).

#include <string>
#include <string_view>
#include <vector>

#include "probes/run/run_directory.hpp"
#include "reports/models/analysis.hpp"

namespace assay::decision {

struct Check {
  std::string name, host;
  std::string verdict;  ///< failed, warning, unknown, passed
  std::string finding;  ///< What was seen, with the number.
  std::string advice;
};

/// The checks of run.json, what the rows' statuses say, and every rule of consistency; failed
/// first.
[[nodiscard]] std::vector<Check> checks_of(const RunData& run, const models::Analysis& analysis);
/// How many of them have that verdict.
[[nodiscard]] int count_of(const std::vector<Check>& checks, std::string_view verdict);

}  // namespace assay::decision
