#pragma once
/// @file
/// The options that `assay gate` and `assay compare` share, and what both do with a finished
/// report.

#include <boost/program_options.hpp>
#include <regex>
#include <string>
#include <vector>

#include "reports/gate/decide/command_source.hpp"
#include "reports/gate/decide/report.hpp"

namespace assay::gate {

void add_shared_options(boost::program_options::options_description& options);

/// delta, margin, alpha of the options. Throws UsageError for values without sense.
[[nodiscard]] Rule rule_of(const boost::program_options::variables_map& values);
[[nodiscard]] InconclusivePolicy policy_of(const boost::program_options::variables_map& values);
/// --exact, --counter and --cpu-time.
void read_source_options(const boost::program_options::variables_map& values,
                         CommandOptions& options);

/// Adds the history of --history and the record of --audit, if given.
void add_history(const boost::program_options::variables_map& values, GateReport& report);

/// Before anything is measured: creates --output. Throws UsageError where it cannot be written.
void check_output(const boost::program_options::variables_map& values);

/// Writes the outputs, prints the table, in a GitHub job also annotations and the step summary.
[[nodiscard]] ExitCode finish(const boost::program_options::variables_map& values,
                              GateReport& report);

/// "2%" of an option, as 0.02. Throws UsageError for anything without the sign or outside 0 to 100.
[[nodiscard]] double percent_of(const boost::program_options::variables_map& values,
                                const char* name);
[[nodiscard]] std::vector<std::string> list_of(const boost::program_options::variables_map& values,
                                               const char* name);
/// ISO 8601, UTC.
[[nodiscard]] std::string time_now();

}  // namespace assay::gate
