#pragma once
/// @file
/// What earlier runs of the same machine measured: how far runs lie apart.

#include <filesystem>

#include "probes/round_book.hpp"

namespace assay {

/// The medians of the latest runs in `folder` (each a run directory) that were made with the same
/// build, profile and launcher on hosts with the same fingerprint as the run in `run`; that one
/// left out. What cannot be read is no such run.
[[nodiscard]] RunHistory read_history(const std::filesystem::path& folder,
                                      const std::filesystem::path& run);

}  // namespace assay
