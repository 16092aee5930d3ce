#pragma once
/// @file
/// Measurements made elsewhere, as a run: the same fits and the same cost for a user who has only
/// logs of other tools. Which formats there are: `assay list formats`; one file for each in this
/// folder.
///
/// What a log does not say (host, ranks of an OSU collective) stays empty; the run says what it is
/// made of in run["imported"]: file, format, what was read, what was passed over.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "probes/run/run_directory.hpp"

namespace assay::import {

struct ImportOptions {
  /// Of logs that do not say how many ranks there were: one for all files, or one for each.
  std::vector<std::int64_t> ranks;
};

/// What `ranks` states of one file of several. Throws UsageError where it has neither one number
/// nor one for each.
[[nodiscard]] ImportOptions ranks_of(const std::vector<std::int64_t>& ranks, std::size_t file,
                                     std::size_t files);

/// Reads a run directory, a folder of logs as those of one machine, or a file of any registered
/// format. Throws InputError that names file, line, what was seen and what was expected.
[[nodiscard]] RunData read_any(const std::filesystem::path& path,
                               const ImportOptions& options = {});
/// Several of them as one run, e.g. one log per rank count; or one that has to be of one machine:
/// throws InputError for a directory whose sessions are of several (sessions.hpp). @pre not empty
[[nodiscard]] RunData read_all(const std::vector<std::filesystem::path>& paths,
                               const ImportOptions& options = {});
/// For tests. The same of a file's bytes. @param file names them in messages.
[[nodiscard]] RunData read_bytes(std::string bytes, const std::string& file,
                                 const ImportOptions& options = {});

/// What was read of logs, a line each: "osu.txt (osu): all-reduce (sum), 4 ranks, 12 sizes". Empty
/// for run directories.
[[nodiscard]] std::vector<std::string> listing(const RunData& run);

}  // namespace assay::import
