#pragma once
/// @file
/// What a purchase rests on: the measurements, of one machine or of several node types, and the
/// prices of those types.

#include <string>
#include <vector>

#include "probes/run/run_directory.hpp"
#include "reports/models/money/price_list.hpp"
#include "reports/plan/options.hpp"

namespace assay::plan {

struct MeasuredSource {
  std::string type;  ///< Of the price list; empty: not said, the one type of speed 1.
  RunData run;
};

/// Of --run: paths, or TYPE=PATH; several of one type are read as one. Throws UsageError where some
/// name their type and others do not, InputError for what cannot be read.
[[nodiscard]] std::vector<MeasuredSource> measured_sources(const OptionList& options);

/// The job that the first run was told of (assay run --deadline), where the user says nothing else:
/// a sentence that says what was taken over, or nothing.
[[nodiscard]] std::string take_over_job(OptionList& options,
                                        const std::vector<MeasuredSource>& sources);

/// Of --prices, as --region, --match and --price-date want it, with every type that was measured.
[[nodiscard]] models::PriceList prices_for(const OptionList& options,
                                           const std::vector<MeasuredSource>& sources);

}  // namespace assay::plan
