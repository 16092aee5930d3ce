#pragma once
/// @file
/// The rounds of a run as its samples tell them: what a fit resamples, whole rounds at a time.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "probes/core/record.hpp"
#include "probes/core/replicates.hpp"
#include "probes/core/statistics.hpp"

namespace assay {
struct RunData;
}

namespace assay::models {

/// Median of the samples of each round, by number of the round.
using RoundMedians = std::map<std::int64_t, double>;

/// Of the points that `is_wanted` takes, by key_text (probes/core/round.hpp). Empty where the run
/// has no samples.
[[nodiscard]] std::map<std::string, RoundMedians> round_medians(
    const RunData& run, const std::function<bool(const Record& key)>& is_wanted);

/// The interval of a parameter that was fitted to each round by itself: Student's t of the fits,
/// `widen` times as wide (where runs lie further apart than rounds), and reaching to `value`, which
/// was fitted to all rounds together. @pre at least three fits
[[nodiscard]] Estimate<double> parameter_of_rounds(double value, const std::vector<double>& fits,
                                                   double widen = 1);

/// By how much the interval of a row is wider than its rounds alone make it: earlier runs told that
/// this machine changes more between runs. At least 1.
[[nodiscard]] double widening(const Record& row, const RoundMedians& rounds);

}  // namespace assay::models
