#include "reports/gate/command_options.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <ctime>

#include "probes/cli/standard_streams.hpp"
#include "probes/core/errors.hpp"
#include "probes/run/file_writing.hpp"
#include "reports/gate/decide/history.hpp"
#include "reports/gate/decide/self_audit.hpp"
#include "reports/gate/write/outputs.hpp"

namespace assay::gate {
namespace po = boost::program_options;
namespace {

/// "1%", "0.5 %": a share; a bare number could be either, so it is refused.
double parse_percent(const std::string& text, const char* option) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  while (*end == ' ') ++end;
  if (end == text.c_str() || std::string(end) != "%" || !(value > 0) || value >= 100)
    throw UsageError(
        fmt::format("--{} '{}': expected a percentage above 0 and below 100 with its "
                    "sign, for instance 1%",
                    option, text));
  return value / 100;
}

std::vector<std::regex> expressions_of(const po::variables_map& values, const char* option) {
  std::vector<std::regex> expressions;
  for (const std::string& expression : list_of(values, option)) {
    try {
      expressions.emplace_back(expression);
    } catch (const std::regex_error& fault) {
      throw UsageError(fmt::format("--{} '{}' is not a regular expression: {}", option, expression,
                                   fault.what()));
    }
  }
  return expressions;
}

}  // namespace

double percent_of(const po::variables_map& values, const char* name) {
  return parse_percent(values[name].as<std::string>(), name);
}

std::vector<std::string> list_of(const po::variables_map& values, const char* name) {
  return values.count(name) == 0 ? std::vector<std::string>()
                                 : values[name].as<std::vector<std::string>>();
}

std::string time_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

void add_shared_options(po::options_description& options) {
  const auto text = [](const char* standard, const char* shape) {
    return po::value<std::string>()->default_value(standard)->value_name(shape);
  };
  const auto list = [](const char* shape) {
    return po::value<std::vector<std::string>>()->composing()->value_name(shape);
  };
  options.add_options()("delta", text("1%", "PERCENT"), "Smallest change worth a red build")(
      "margin", text("5%", "PERCENT"), "\"Same\" excludes changes beyond it")(
      "alpha", text("1%", "PERCENT"), "Chance of any false red in the whole run, at most")(
      "inconclusive", text("report", "HOW"),
      "How an inconclusive outcome ends: report (exit 2), pass (0, unless a side lacks a metric or "
      "nothing was decided) or fail (1)")(
      "exact", list("REGEX"),
      "Metrics whose names match are exact counts: any change fails; may be repeated")(
      "cpu-time", po::bool_switch(), "Google Benchmark: CPU time instead of wall time")(
      "counter", list("REGEX"),
      "Google Benchmark: user counters (as NAME/COUNTER) to gate in place of the time, for "
      "benchmarks of adaptive work; higher is better if they end in /s or _per_second")(
      "allow-difference", list("KEY"),
      "A hard key of the fingerprint that may differ, e.g. hosts.build.flags; may be repeated")(
      "history", po::value<std::string>()->value_name("STORE"),
      "Directory of run directories, or a CSV: show where metrics changed (advisory)")(
      "audit", po::value<std::string>()->value_name("FILE"),
      "Record of the self-audit; a broken promise makes this gate advisory (exit 3)")(
      "output", text("assay-gate", "DIR"),
      "Where gate.json, gate.csv, junit.xml, summary.md and annotations.txt go");
}

Rule rule_of(const po::variables_map& values) {
  Rule rule;
  rule.delta = std::log1p(percent_of(values, "delta"));
  rule.margin = std::log1p(percent_of(values, "margin"));
  rule.alpha = percent_of(values, "alpha");
  if (rule.margin < rule.delta)
    throw UsageError(
        "--margin is smaller than --delta: \"same\" would exclude changes that are not "
        "worth a red build; expected at least delta");
  return rule;
}

InconclusivePolicy policy_of(const po::variables_map& values) {
  const std::string policy = values["inconclusive"].as<std::string>();
  if (policy == "report") return InconclusivePolicy::report;
  if (policy == "pass") return InconclusivePolicy::pass;
  if (policy == "fail") return InconclusivePolicy::fail;
  throw UsageError(fmt::format("--inconclusive '{}': expected report, pass or fail", policy));
}

void read_source_options(const po::variables_map& values, CommandOptions& options) {
  options.cpu_time = values["cpu-time"].as<bool>();
  options.exact = expressions_of(values, "exact");
  options.counters = expressions_of(values, "counter");
}

void add_history(const po::variables_map& values, GateReport& report) {
  if (values.count("history") != 0) {
    HistoryOptions options;
    options.delta = report.rule.delta;
    report.history = read_history(values["history"].as<std::string>(), report.warnings);
    mark_changes(report.history, options);
  }
  if (values.count("audit") != 0 && !report.audit) {
    const AuditRecord record = read_audit(values["audit"].as<std::string>());
    if (record.runs > 0)
      report.audit = record;
    else
      report.warnings.push_back(
          fmt::format("{} records no A/A run: nothing is known of this gate's false reds here",
                      values["audit"].as<std::string>()));
  }
}

void check_output(const po::variables_map& values) {
  make_output(values["output"].as<std::string>());
}

ExitCode finish(const po::variables_map& values, GateReport& report) {
  report.inconclusive = policy_of(values);
  report.finished = time_now();
  const std::string directory = values["output"].as<std::string>();
  write_outputs(report, directory);
  fmt::print("{}Written to {}\n", printable(terminal_table(report)), one_line(directory));
  const char* const in_github = std::getenv("GITHUB_ACTIONS");
  if (in_github != nullptr && std::string(in_github) == "true")
    for (const std::string& line : github_annotations(report)) fmt::print("{}\n", line);
  if (const char* const summary = std::getenv("GITHUB_STEP_SUMMARY"); summary != nullptr) {
    try {
      AppendedFile(summary, Readers::as_umask).write(markdown_summary(report));
    } catch (const FileError& error) {
      tell(fmt::format("assay: warning: the step summary: {}", one_line(error.what())));
    }
  }
  return report.exit_code();
}

}  // namespace assay::gate
