#pragma once
/// @file
/// `assay report`: run directories to one page. Reads files only; nothing is measured.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "probes/core/units.hpp"

namespace assay {

struct ReportOptions {
  std::vector<std::filesystem::path>
      prices;  ///< One for all directories, or one for each; may be empty.
  std::optional<std::filesystem::path>
      output;  ///< The page; default: report.html in the first directory.
  std::optional<std::filesystem::path> markdown;  ///< A summary as well.
  std::optional<std::filesystem::path> tables;    ///< A folder for every table as CSV.
  double steps = 1;                               ///< Measured steps of the whole job.
  double results = 1;                             ///< What the job yields.
  std::optional<Seconds>
      deadline;         ///< For the whole job; the answer is then the cheapest that meets it.
  bool redact = false;  ///< No hosts, users, addresses, paths, prices.
  /// Of logs that do not say how many ranks there were: one for all, or one for each.
  std::vector<std::int64_t> ranks = {};
  bool one_machine = false;  ///< All of what is given is of one machine, not to be compared.
  bool csp_safe = false;     ///< Style and script as files beside the page.
};

struct WrittenReport {
  std::filesystem::path page;
  std::vector<std::string> read;  ///< What was read of other tools' logs, in lines.
  std::string answer;             ///< The decision in a few lines of plain text.
};

/// A directory is a run directory; a file is a log of another tool (reports/import/import.hpp).
/// Fits the models, replaces models.csv (of a single directory, unless redacted), and writes the
/// page. Throws InputError for a directory or a price list that cannot be read, and UsageError for
/// an output that cannot be written.
WrittenReport write_report(const std::vector<std::filesystem::path>& directories,
                           const ReportOptions& options = {});

}  // namespace assay
