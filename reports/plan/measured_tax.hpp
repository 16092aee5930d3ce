#pragma once
/// @file
/// The communication tax of a question: given by --tax, or fitted to measurements by --from, then
/// with draws.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "reports/models/laws/series.hpp"
#include "reports/plan/options.hpp"

namespace assay::plan {

struct MeasuredTax {
  models::Tax tax;
  std::vector<double> draws;           ///< Empty when given.
  std::vector<std::string> notes;      ///< Where it comes from.
  std::optional<models::Reach> reach;  ///< Of the measurements; none when given.

  /// What a figure at that many nodes may claim; empty for a given tax, which claims nothing.
  [[nodiscard]] Cell label_at(double nodes) const;
};
/// One for each value of --tax, or the fitted one. Throws UsageError when neither --tax nor --from
/// is given, or both are, InputError when the measurements allow no fit, NoAnswer when they reject
/// the form: a rejected law says nothing.
[[nodiscard]] std::vector<MeasuredTax> measured_or_given_taxes(const OptionList& options);

/// One document for each tax, as one: with more than one tax a first column holds it and each
/// sentence names it.
[[nodiscard]] Document answer_for_each(const std::vector<MeasuredTax>& taxes,
                                       const std::function<Document(const MeasuredTax&)>& answer);

/// The one series of `run` whose subject contains `wanted` (empty: any). Throws InputError that
/// lists them when there is none or more than one.
[[nodiscard]] models::ScalingSeries the_series(const RunData& run, const std::string& wanted);

}  // namespace assay::plan
