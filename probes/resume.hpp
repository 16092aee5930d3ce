#pragma once
/// @file
/// Going on with a run: whether the directory holds the same run, so that new rows may stand beside
/// the old ones.

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace assay {

/// Why the run whose run.json is `stored` cannot be gone on with by `command` and `options`: what
/// differs, in words; empty when it can. Options that say nothing about what is measured (output,
/// time budget, progress) may differ. `host` is the fingerprint of the host of the writer: rows of
/// another one, or of one that was rebuilt, would be mixed with what is there.
[[nodiscard]] std::string resume_refusal(const nlohmann::json& stored, const std::string& command,
                                         const nlohmann::json& options, const nlohmann::json& host);

}  // namespace assay
