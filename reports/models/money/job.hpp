#pragma once
/// @file
/// The job of a purchase from the texts that the user gave: probes/cli/job_options.hpp.

#include "probes/cli/job_options.hpp"
#include "reports/models/money/cost.hpp"

namespace assay::models {

/// Throws UsageError for a text that is not what its option has to be.
[[nodiscard]] Job job_of(const JobTexts& texts);

}  // namespace assay::models
