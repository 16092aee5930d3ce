#pragma once
/// @file
/// The end of a run in rounds: the rows of single rounds make place for one row per point.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "probes/core/record.hpp"
#include "probes/run/file_writing.hpp"

namespace assay {

/// Puts `rows` in the place of all rows of the latest run in `directory` (its last session, with
/// those that it resumed); earlier runs stay. The file is replaced in one step; the journal says
/// where the rows stand now: the first `complete` in the last step that completed, the others, of
/// steps that did not, behind it. Rows that name no session get the last one. `end` is what run.json
/// and its last session say once all is done, and not before. Throws FileError.
/// @pre no writer of the directory writes any more
void replace_round_rows(const std::filesystem::path& directory, std::span<const Record> rows,
                        std::size_t complete, Readers readers,
                        const nlohmann::json& end = nlohmann::json::object());

}  // namespace assay
