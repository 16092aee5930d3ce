#pragma once
/// @file
/// The communication tax of a question: given by --tax, or fitted to measurements by --from, then
/// with draws.

#include <string>
#include <vector>

#include "reports/models/laws/series.hpp"
#include "reports/plan/options.hpp"

namespace assay::plan {

struct MeasuredTax {
  models::Tax tax;
  std::vector<double> draws;       ///< Empty when given.
  std::vector<std::string> notes;  ///< Where it comes from.
};
/// Throws UsageError when neither --tax nor --from is given, InputError when the measurements allow
/// no fit.
[[nodiscard]] MeasuredTax measured_or_given_tax(const OptionList& options);

/// The one series of `run` whose subject contains `wanted` (empty: any). Throws InputError that
/// lists them when there is none or more than one.
[[nodiscard]] models::ScalingSeries the_series(const RunData& run, const std::string& wanted);

}  // namespace assay::plan
