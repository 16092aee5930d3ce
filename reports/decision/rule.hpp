#pragma once
/// @file
/// A rule of consistency: what has to hold between the results of one run, whoever measured them.
/// One file per rule in rules/; each adds itself:
///
///   const bool registered = Registry<Rule>::add({.about = {.kind = "rule", ...}, .look = ...});
///
/// Rules are pure: they read rows and fits, and say what contradicts what, with both numbers.

#include <functional>
#include <string>
#include <vector>

#include "probes/core/registry.hpp"
#include "reports/decision/checks.hpp"

namespace assay::decision {

struct Evidence {
  const RunData& run;
  const models::Analysis& analysis;
};

/// What a rule saw.
struct Contradiction {
  std::string host;     ///< Empty where it is of the whole run.
  std::string finding;  ///< Both sides, with their numbers.
};

/// What one rule says of a run.
struct Finding {
  std::size_t looked_at = 0;  ///< Results that the rule could speak about; none: nothing is said.
  std::vector<Contradiction> contradictions;
};

struct Rule {
  Description about;  ///< kind = "rule"; the name is the check's.
  /// Whether a contradiction is a failure, or only calls for a second look.
  bool fails = true;
  std::string advice;  ///< What to do about a contradiction.
  std::function<Finding(const Evidence&)> look;
};

/// One check for each contradiction (the rest of many as a number), or one that passed.
[[nodiscard]] std::vector<Check> checks_of(const Rule& rule, const Evidence& evidence);

}  // namespace assay::decision
