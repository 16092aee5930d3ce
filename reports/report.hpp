#pragma once
/// @file
/// `assay report`: run directories to one page. Reads files only; nothing is measured.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "probes/cli/job_options.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/units.hpp"
#include "reports/models/money/cost.hpp"

namespace assay {

struct ReportOptions {
  std::vector<std::filesystem::path>
      prices;  ///< One for all directories, or one for each; may be empty.
  std::optional<std::filesystem::path>
      output;  ///< The page; default: report.html in the first directory.
  std::optional<std::filesystem::path> markdown;  ///< A summary as well.
  std::optional<std::filesystem::path> tables;    ///< A folder for every table as CSV.
  std::optional<std::filesystem::path> charts;    ///< A folder for every chart as SVG.
  std::optional<std::filesystem::path> trace;     ///< A copy of the first run's trace.
  double steps = 1;                               ///< Measured steps of the whole job.
  double results = 1;                             ///< What the job yields.
  std::optional<Seconds>
      deadline;  ///< For the whole job; the answer is then the cheapest that meets it.
  /// What the price lists are asked for: region, match.
  models::PriceQuery price_query;
  /// The whole job, in place of steps, results and deadline.
  std::optional<models::Job> job;
  bool redact = false;  ///< No hosts, users, addresses, paths, prices.
  bool models = true;   ///< Write models.csv (see write_report()).
  /// Of logs that do not say how many ranks there were: one for all, or one for each.
  std::vector<std::int64_t> ranks = {};
  bool one_machine = false;  ///< All of what is given is of one machine, not to be compared.
  bool csp_safe = false;     ///< Style and script as files beside the page.
};

struct WrittenReport {
  std::filesystem::path page;
  std::string answer;  ///< The decision in a few lines of plain text.
  /// What is missing from the runs, was cut off or changed after they were measured.
  std::vector<std::string> warnings;
  /// done; inconclusive where a deadline was given and nothing is known to meet it;
  /// environment_differs where a validity check failed.
  ExitCode code = ExitCode::done;
  std::string why;                ///< Of a code that is not done, in a line.
  std::vector<std::string> read;  ///< What was read of other tools' logs, in lines.
};

/// What the job of a command line, of a job file or of a run.json says to a report.
[[nodiscard]] ReportOptions report_options_of(const JobTexts& job);

/// A directory is a run directory; a file is a log of another tool (reports/import/import.hpp).
/// Fits the models, replaces models.csv (of a single directory, unless redacted; beside the page
/// where the directory cannot be written), and writes the page. A directory whose sessions are of
/// several machines or versions is shown as so many runs. Throws InputError for a directory or a
/// price list that cannot be read, and FileError for an output that cannot be written or would
/// replace an input: then nothing was written.
WrittenReport write_report(const std::vector<std::filesystem::path>& directories,
                           const ReportOptions& options = {});

}  // namespace assay
