/// @file
/// `assay gate`: base against head in pairs of fresh launches, with an exit code one can trust.

#include <fmt/format.h>

#include "probes/cli/command.hpp"
#include "probes/cli/progress.hpp"
#include "probes/run/run_directory.hpp"
#include "reports/gate/command_options.hpp"
#include "reports/gate/decide/fingerprint.hpp"
#include "reports/gate/decide/paired_gate.hpp"
#include "reports/gate/decide/self_audit.hpp"
#include "reports/gate/read/read_numbers.hpp"

namespace assay::gate {
namespace {

namespace po = boost::program_options;

extern const Command gate_command;

po::options_description gate_options() {
  po::options_description options("Options");
  options.add_options()(
      "base", po::value<std::string>()->value_name("CMD"),
      "Command of the old version, for the shell; {output} stands for a fresh path")(
      "head", po::value<std::string>()->value_name("CMD"), "Command of the new version")(
      "metric", po::value<std::vector<std::string>>()->composing()->value_name("REGEX"),
      "The command prints numbers: (NUMBER), or (NAME) and (NUMBER), as groups; may be repeated")(
      "better", po::value<std::string>()->default_value("lower")->value_name("WHICH"),
      "Whether lower or higher numbers of --metric are better")(
      "screen-pairs", po::value<int>()->default_value(6)->value_name("N"),
      "Pairs of launches of the first look")("confirm-pairs",
                                             po::value<int>()->default_value(20)->value_name("N"),
                                             "Fresh pairs that decide over suspects")(
      "warm-up", po::value<int>()->default_value(1)->value_name("N"),
      "Launches of each side that are dropped first")(
      "timeout", po::value<std::string>()->default_value("10min")->value_name("TIME"),
      "Longest time of one launch")("budget", po::value<std::string>()->value_name("TIME"),
                                    "Time of everything; what it does not allow is inconclusive "
                                    "(default: 55 s, or twice the time "
                                    "of all launches at the pace of the fastest, if longer)")(
      "self-audit", po::bool_switch(),
      "Gate --base against itself and count false reds into --audit")(
      "audit-runs", po::value<int>()->default_value(20)->value_name("N"), "Runs of the self-audit")(
      "no-progress", po::bool_switch(), "No progress bar on stderr");
  add_shared_options(options);
  return options;
}

std::string required(const po::variables_map& values, const char* name) {
  if (values.count(name) == 0)
    throw UsageError(
        fmt::format("assay gate: --{} is missing; expected a command, see --help", name));
  return values[name].as<std::string>();
}

int at_least(const po::variables_map& values, const char* name, int smallest) {
  const int value = values[name].as<int>();
  if (value < smallest)
    throw UsageError(fmt::format("--{} {}: expected at least {}", name, value, smallest));
  return value;
}

CommandOptions command_options(const po::variables_map& values) {
  CommandOptions options;
  options.timeout = parse_seconds(values["timeout"].as<std::string>(), "--timeout");
  if (options.timeout <= 0_s) throw UsageError("--timeout 0s: expected more than no time at all");
  options.expressions = list_of(values, "metric");
  for (const std::string& expression : options.expressions) check_expression(expression);
  const std::string better = values["better"].as<std::string>();
  if (better != "lower" && better != "higher")
    throw UsageError(fmt::format("--better '{}': expected lower or higher", better));
  options.better = better == "lower" ? Better::lower : Better::higher;
  read_source_options(values, options);
  return options;
}

GateOptions plan_of(const po::variables_map& values) {
  GateOptions gate_options;
  gate_options.rule = rule_of(values);
  // Zero pairs and the like are refused here, before anything is launched.
  gate_options.rule.screen_pairs = at_least(values, "screen-pairs", 5);
  gate_options.rule.confirm_pairs =
      at_least(values, "confirm-pairs", confirm_pairs_needed(1, gate_options.rule));
  gate_options.warmup = at_least(values, "warm-up", 1);
  if (values.count("budget") != 0)
    gate_options.budget = parse_seconds(values["budget"].as<std::string>(), "--budget");
  return gate_options;
}

/// Shows the launches done on stderr.
void show_progress(const po::variables_map& values, GateOptions& gate_options) {
  const bool enabled = !values["no-progress"].as<bool>() && stderr_is_terminal();
  const auto bar =
      std::make_shared<Progress>("gate", gate_options.budget.value_or(Seconds(60)), enabled);
  gate_options.progress = [bar](int done, int planned, const std::string& stage) {
    bar->update(planned == 0 ? 1.0 : static_cast<double>(done) / planned,
                fmt::format("{} {}/{}", stage, done, planned));
  };
}

/// Before minutes are spent: both sides are launched once, and must be comparable.
void check_fingerprints(CommandSource& commands, const po::variables_map& values,
                        GateReport& report) {
  (void)commands.launch(Side::base);
  (void)commands.launch(Side::head);
  FingerprintOptions options;
  options.allowed = list_of(values, "allow-difference");
  report.fingerprint = compare_fingerprints(commands.provenance(Side::base),
                                            commands.provenance(Side::head), options);
}

ExitCode run_gate(const std::vector<std::string>& arguments) {
  po::variables_map values;
  if (!parse_options(gate_command, arguments, gate_options(), "", values)) return ExitCode::done;
  const bool audit = values["self-audit"].as<bool>();
  const std::string base = required(values, "base");
  const std::string head = audit ? base : required(values, "head");
  if (audit && values.count("head") != 0)
    throw UsageError("assay gate: --self-audit gates --base against itself; leave --head out");
  (void)policy_of(values);
  check_output(values);
  GateOptions gate_options = plan_of(values);
  const int audit_runs = at_least(values, "audit-runs", 1);
  const std::string started = time_now();
  CommandSource commands(base, head, command_options(values));
  const LaunchSource source = [&](Side side) { return commands.launch(side); };

  GateReport report;
  check_fingerprints(commands, values, report);
  gate_options.warmup -= 1;  // The check was one of them.
  show_progress(values, gate_options);
  if (report.environment_differs()) {
    report.kind = "gate";
    report.rule = gate_options.rule;
  } else {
    const std::vector<FingerprintDifference> differences = std::move(report.fingerprint);
    if (audit) {
      const std::string file = values.count("audit") == 0 ? "" : values["audit"].as<std::string>();
      report = run_self_audit(source, gate_options, audit_runs,
                              file.empty() ? AuditRecord{} : read_audit(file),
                              [&](const AuditRecord& record) {
                                if (!file.empty()) write_audit(file, record);
                              });
    } else {
      report = run_paired_gate(source, gate_options);
    }
    report.fingerprint = differences;
  }
  gate_options.progress = nullptr;
  report.base = base;
  report.head = head;
  report.started = started;
  add_history(values, report);
  return finish(values, report);
}

const Command gate_command{
    .about = {.kind = "command",
              .name = "gate",
              .summary =
                  "Gates a change: base against head in fresh pairs, at most 1 % false reds.",
              .metrics = {},
              .verification = ""},
    .usage = "assay gate --base CMD --head CMD [options]",
    .example =
        "assay gate --base 'old/bench --benchmark_format=json' --head 'new/bench "
        "--benchmark_format=json'\n"
        "assay gate --base './old' --head './new' --metric 'elapsed: ([0-9.]+) s'\n"
        "assay gate --base 'old/assay suite --profile quick --output {output}' --head 'new/assay "
        "suite "
        "--profile quick --output {output}'\n"
        "assay gate --self-audit --base './bench --benchmark_format=json' --audit audit.json",
    .run = run_gate,
};

const bool gate_command_registered = Registry<Command>::add(gate_command);

}  // namespace
}  // namespace assay::gate
