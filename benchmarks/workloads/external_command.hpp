#pragma once
/// @file
/// workload.exec: any command of the user as a workload, one launch for one row.
///
///   step_time = elapsed time of the command, or the number that a regular expression finds in what
///   it prints; throughput = 1 / step_time.
/// Method: the command is started without a shell, `{ranks}` and its like replaced in every
/// argument. Elapsed time is the whole launch, start of the launcher and set-up of the data
/// included: where those matter, let the command print its step time and capture that.
/// Not measured: where the time went. A command that fails or prints no number is a row with its
/// exit status and the last lines it printed.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "probes/core/outcome.hpp"
#include "probes/core/record_sink.hpp"
#include "probes/core/registry.hpp"
#include "probes/process/subprocess.hpp"

namespace assay::workloads {

/// One launch of a study.
struct CommandPoint {
  int ranks = 1;
  int nodes = 1;
  int launch = 1;
};

/// What a captured number is: a time, or steps per second.
struct MetricUnit {
  double seconds = 1;  ///< Of one unit of time.
  bool is_rate = false;
};
/// "s", "ms", "us", "min", or "Hz". Throws UsageError.
[[nodiscard]] MetricUnit parse_metric_unit(const std::string& text);

struct ExternalCommand {
  std::vector<std::string> arguments;  ///< With {ranks}, {nodes} and {launch} in them.
  std::string metric;                  ///< Regular expression with one group; empty: elapsed time.
  MetricUnit unit;
  Seconds timeout = 60_s;
  std::string name;  ///< Stands in the operation column.
  std::string scaling = "strong";
};

/// `text` occurs in an argument.
[[nodiscard]] bool mentions(const ExternalCommand& command, std::string_view text);
/// Its arguments at one point.
[[nodiscard]] std::vector<std::string> arguments_at(const ExternalCommand& command,
                                                    const CommandPoint& point);
/// Throws UsageError: no command, a program that is not found, a wrong regular expression.
void check(const ExternalCommand& command, const CommandPoint& point);

/// The number of the last match of the first group, standard output before standard error; lines
/// beyond 4 KiB are cut. Status incorrect, with what was matched, for a text that is no number.
[[nodiscard]] Outcome<double> captured_number(const std::string& metric,
                                              const ProcessResult& result);

/// How a launch ended, for those who go on with others.
enum class LaunchEnd {
  measured,
  failed,     ///< The command ended with a status other than 0, or by a signal.
  timed_out,  ///< It was killed at the deadline.
  no_number,  ///< It ended well, and printed nothing that the metric matches.
};
/// Runs one launch and puts its rows: step_time, throughput, and elapsed_time beside a captured
/// number. `cores` of this host: more ranks on it than that are marked untrusted.
LaunchEnd launch(const ExternalCommand& command, const CommandPoint& point, std::size_t cores,
                 RecordSink& sink);

/// Its place in the registry; no rank runs it, `assay suite exec` does.
struct CommandWorkload {
  Description about;
};
[[nodiscard]] const Description& external_command_description();

}  // namespace assay::workloads
