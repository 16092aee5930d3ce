#pragma once
/// @file
/// A run's trace.json for others' eyes: the same events at the same times, and of their texts only
/// those that assay gives.

#include <filesystem>
#include <string>

#include "reports/redact.hpp"

namespace assay {

/// The text of a trace (probes/run/trace_file.hpp) that was read from `file`. Kept are kind, rank,
/// lane, times and work of every event and the names of phases; a process is "rank 0 on node-1", and
/// a region "region 1", the same name everywhere. Throws InputError.
[[nodiscard]] std::string redacted_trace(const std::filesystem::path& file,
                                         const Redactor& redactor);

}  // namespace assay
