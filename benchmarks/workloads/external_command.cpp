#include "benchmarks/workloads/external_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <regex>
#include <sstream>

#include "probes/core/errors.hpp"
#include "probes/core/host_name.hpp"
#include "probes/core/number.hpp"
#include "probes/host/provenance.hpp"
#include "probes/run/secrets.hpp"

namespace assay::workloads {
namespace {

/// std::regex recurses per character: a line of a megabyte would end the program.
constexpr std::size_t longest_line = 4096;
/// Of what the command prints the end is kept: there stands the last match, and why it failed.
constexpr std::size_t kept_output = std::size_t{1} << 20;
constexpr int lines_in_reason = 3;
constexpr std::size_t longest_reason = 400;

const bool external_command_registered = Registry<CommandWorkload>::add(
    {.about = {.kind = "workload",
               .name = "workload.exec",
               .summary = "Any command of the user over rank counts: assay suite exec -- COMMAND",
               .metrics = {{"step_time", "s",
                            "Elapsed time of one launch, or the time that --metric captures.",
                            Better::lower},
                           {"throughput", "Hz",
                            "1 / step_time, or the rate that --metric captures.", Better::higher},
                           {"elapsed_time", "s",
                            "Of the whole launch, beside a step_time that --metric captures.",
                            Better::lower}},
               .verification = "the command says so itself, by exit status 0 and the number it is "
                               "to print; everything else is a row without a number"}});

std::string replace_all(std::string text, std::string_view what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

/// As execvp searches.
bool is_executable(const std::string& program) {
  if (program.find('/') != std::string::npos) return access(program.c_str(), X_OK) == 0;
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/bin:/usr/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (access(((folder.empty() ? "." : folder) + "/" + program).c_str(), X_OK) == 0) return true;
  return false;
}

std::regex compile(const std::string& metric) {
  try {
    return std::regex(metric, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error& fault) {
    throw UsageError(
        fmt::format("--metric: '{}' is not a regular expression: {}", metric, fault.what()));
  }
}

/// What a group captured, and the line where it stands.
struct Captured {
  std::string text, line;
  std::size_t begin = 0;
};

std::optional<Captured> last_match(const std::regex& pattern, const std::string& text) {
  std::optional<Captured> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line.resize(std::min(line.size(), longest_line));
    for (std::sregex_iterator match(line.begin(), line.end(), pattern), none; match != none;
         ++match)
      found = Captured{(*match)[1].str(), line,
                       static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, match->position(1)))};
  }
  return found;
}

/// The last lines that are not empty, as one.
std::string last_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (line.find_first_not_of(" \t\r") != std::string::npos) {
      lines.push_back(line);
      if (lines.size() > lines_in_reason) lines.erase(lines.begin());
    }
  std::string joined = mask_secrets(fmt::format("{}", fmt::join(lines, "\n")));
  if (joined.size() > longest_reason)
    joined = "..." + joined.substr(joined.size() - longest_reason);
  return one_line(joined);
}

std::string with_last_lines(const std::string& what, const ProcessResult& result) {
  const std::string said = last_lines(result.errors);
  const std::string printed = said.empty() ? last_lines(result.output) : said;
  return printed.empty() ? what : fmt::format("{}; last lines: {}", what, printed);
}

Record row(const ExternalCommand& command, const CommandPoint& point, std::string_view metric,
           std::string_view unit) {
  Record record;
  record.probe = external_command_description().name;
  record.metric = metric;
  record.unit = unit;
  record.host = host_name();
  record.nodes = point.nodes;
  record.ranks = point.ranks;
  record.operation = command.name;
  record.scaling = command.scaling;
  record.launch = std::to_string(point.launch);
  return record;
}

/// Seconds per step, or why there are none.
Outcome<double> step_time(const ExternalCommand& command, const ProcessResult& result) {
  if (result.timed_out) return timed_out(with_last_lines(result.describe(command.timeout), result));
  if (!result.succeeded())
    return incorrect(with_last_lines(result.describe(command.timeout), result));
  if (command.metric.empty()) return result.wall.value();
  const Outcome<double> number = captured_number(command.metric, result);
  if (!number) return incorrect(with_last_lines(number.reason(), result));
  const double seconds = command.unit.is_rate ? 1 / *number : *number * command.unit.seconds;
  return seconds;
}

}  // namespace

const Description& external_command_description() {
  return Registry<CommandWorkload>::all().front()->about;
}

MetricUnit parse_metric_unit(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, double>, 4> times{
      {{"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"min", 60}}};
  for (const auto& [name, seconds] : times)
    if (text == name) return {seconds, false};
  if (text == "Hz") return {1, true};
  throw UsageError(fmt::format(
      "--unit: '{}' is not a unit of --metric; expected s, ms, us, min, or Hz for steps per second",
      text));
}

bool mentions(const ExternalCommand& command, std::string_view text) {
  return std::any_of(
      command.arguments.begin(), command.arguments.end(),
      [&](const std::string& argument) { return argument.find(text) != std::string::npos; });
}

std::vector<std::string> arguments_at(const ExternalCommand& command, const CommandPoint& point) {
  std::vector<std::string> arguments;
  for (std::string argument : command.arguments) {
    argument = replace_all(argument, "{ranks}", std::to_string(point.ranks));
    argument = replace_all(argument, "{nodes}", std::to_string(point.nodes));
    arguments.push_back(replace_all(argument, "{launch}", std::to_string(point.launch)));
  }
  return arguments;
}

void check(const ExternalCommand& command, const CommandPoint& point) {
  if (command.arguments.empty() || command.arguments.front().empty())
    throw UsageError(
        "assay suite exec: no command; expected it after --, e.g. assay suite exec --ranks 1,2,4 "
        "-- mpirun -np {ranks} ./train");
  const std::string program = arguments_at(command, point).front();
  if (!is_executable(program))
    throw UsageError(
        fmt::format("assay suite exec: '{}' is not a program that can be started; expected a path "
                    "or a name in PATH",
                    program));
  if (!command.metric.empty() && compile(command.metric).mark_count() < 1)
    throw UsageError(
        fmt::format("--metric: '{}' captures nothing; expected a group around the number, e.g. "
                    "'step time: ([0-9.]+)'",
                    command.metric));
}

Outcome<double> captured_number(const std::string& metric, const ProcessResult& result) {
  const std::regex pattern = compile(metric);
  std::optional<Captured> captured = last_match(pattern, result.output);
  if (!captured) captured = last_match(pattern, result.errors);
  if (!captured)
    return incorrect(fmt::format("printed nothing that --metric '{}' matches", metric));
  if (number_goes_on(captured->line, captured->begin, captured->begin + captured->text.size()))
    return incorrect(
        fmt::format("--metric '{}' captured '{}', but the number goes on in \"{}\"; expected a "
                    "group around the whole number",
                    metric, captured->text, last_lines(captured->line)));
  const std::optional<double> value = parse_number(captured->text);
  if (!value || !(*value > 0))
    return incorrect(fmt::format("--metric '{}' captured '{}'; expected a number above 0", metric,
                                 captured->text));
  return *value;
}

LaunchEnd launch(const ExternalCommand& command, const CommandPoint& point, std::size_t cores,
                 RecordSink& sink) {
  const ProcessResult result =
      run_command(arguments_at(command, point), {.timeout = command.timeout,
                                                 .output = kept_output,
                                                 .errors = kept_output,
                                                 .keep = ProcessLimits::Keep::end});
  const int here = (point.ranks + point.nodes - 1) / point.nodes;
  const auto put = [&](std::string_view metric, std::string_view unit, double value) {
    Record record = with_samples(row(command, point, metric, unit), {value});
    if (here > static_cast<int>(cores))
      record = marked_untrusted(record,
                                fmt::format("oversubscribed: {} ranks on {} cores", here, cores));
    sink.put(record);
  };
  const Outcome<double> seconds = step_time(command, result);
  if (!seconds) {
    sink.put(without_value(row(command, point, "step_time", unit::seconds),
                           {seconds.status(), seconds.reason()}));
    return result.timed_out     ? LaunchEnd::timed_out
           : result.succeeded() ? LaunchEnd::no_number
                                : LaunchEnd::failed;
  }
  put("step_time", unit::seconds, *seconds);
  put("throughput", unit::hertz, 1 / *seconds);
  if (!command.metric.empty()) put("elapsed_time", unit::seconds, result.wall.value());
  return LaunchEnd::measured;
}

}  // namespace assay::workloads
