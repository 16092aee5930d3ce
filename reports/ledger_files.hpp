#pragma once
/// @file
/// predictions.json of a run directory: what the run predicted, written when its report is made,
/// and found again when a later run of the same machines is reported.

#include <filesystem>
#include <string>
#include <vector>

#include "reports/decision/ledger.hpp"

namespace assay {

inline constexpr const char* predictions_file = "predictions.json";

/// The file's text: the predictions of `now` beside those that other versions of the tool have left
/// in `kept`; what was said before is not said again by the same version.
[[nodiscard]] std::string predictions_text(const std::vector<decision::Prediction>& kept,
                                           const std::vector<decision::Prediction>& now);

/// Empty where there is no such file. Throws InputError for one that is none of ours.
[[nodiscard]] std::vector<decision::Prediction> read_predictions(
    const std::filesystem::path& directory);

/// Run directories beside this one that hold predictions, in order of name; links are not followed,
/// and of a great many the last ones count.
[[nodiscard]] std::vector<std::filesystem::path> runs_with_predictions_beside(
    const std::filesystem::path& directory);

}  // namespace assay
