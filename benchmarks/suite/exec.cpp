#include "benchmarks/suite/exec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "benchmarks/suite/options.hpp"
#include "benchmarks/suite/plan.hpp"
#include "benchmarks/suite/study.hpp"
#include "benchmarks/workloads/external_command.hpp"
#include "probes/cli/command.hpp"
#include "probes/run/secrets.hpp"
#include "probes/session.hpp"

namespace assay::suite {
namespace {

namespace po = boost::program_options;
using workloads::CommandPoint;
using workloads::ExternalCommand;
using workloads::LaunchEnd;

const char* const usage =
    "assay suite exec [options] -- COMMAND with {ranks}, and if wanted {nodes} and {launch}";
const char* const example =
    "assay suite exec --ranks 1,2,4 -- mpirun -np {ranks} ./train\n"
    "assay suite exec --ranks 8,16,32 --ranks-per-node 8 --metric 'step ([0-9.]+) ms' --unit ms "
    "\\\n"
    "      --timeout 10min -- srun -N {nodes} -n {ranks} ./train";

/// What is asked for, and what stands after `--`.
struct Line {
  std::vector<std::string> options, command;
};

Line split(const std::vector<std::string>& arguments) {
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  Line line{{arguments.begin(), dashes}, {}};
  if (dashes != arguments.end()) line.command.assign(dashes + 1, arguments.end());
  const auto exec = std::find(line.options.begin(), line.options.end(), "exec");
  if (exec != line.options.end()) line.options.erase(exec);
  return line;
}

po::options_description exec_options() {
  po::options_description options("Options", 100);
  options.add_options()(
      "metric", po::value<std::string>()->default_value("")->value_name("REGEX"),
      "Capture the step time from what the command prints: first group of the last match; default: "
      "elapsed time")("unit", po::value<std::string>()->default_value("s")->value_name("UNIT"),
                      "Of the captured number: s, ms, us, min, or Hz for steps per second")(
      "ranks-per-node", po::value<int>()->default_value(0)->value_name("N"),
      "Ranks that the command puts on a node; default: all on this one")(
      "name", po::value<std::string>()->default_value("")->value_name("TEXT"),
      "What the report calls it; default: the command");
  add_suite_options(options);
  add_measure_options(options, {.value = "60s", .description = "Longest time of one launch"});
  return options;
}

std::string default_name(const std::vector<std::string>& command) {
  constexpr std::size_t longest = 60;
  const auto harmless = mask_secrets(nlohmann::json(command)).get<std::vector<std::string>>();
  std::string name = one_line(fmt::format("{}", fmt::join(harmless, " ")));
  if (name.size() > longest) name = one_line(name.substr(0, longest)) + "...";
  return name;
}

ExternalCommand read_command(const po::variables_map& values, const Line& line,
                             const SuiteOptions& options) {
  if (options.scaling.size() != 1)
    throw UsageError(
        "--scaling: both; expected strong or weak, which of them it is lies in the command");
  ExternalCommand command;
  command.arguments = line.command;
  command.metric = values["metric"].as<std::string>();
  command.unit = workloads::parse_metric_unit(values["unit"].as<std::string>());
  command.name = values["name"].as<std::string>();
  if (command.name.empty()) command.name = default_name(line.command);
  command.scaling = options.scaling.front();
  return command;
}

/// {ranks} is what makes a study of it.
std::vector<int> rank_counts(const ExternalCommand& command, const SuiteOptions& options,
                             std::size_t cores) {
  const bool varies =
      workloads::mentions(command, "{ranks}") || workloads::mentions(command, "{nodes}");
  if (options.ranks.empty())
    return varies ? default_rank_counts(static_cast<int>(cores)) : std::vector<int>{1};
  if (options.ranks.size() > 1 && !varies)
    throw UsageError(
        "assay suite exec: the command has no {ranks}, so that every rank count of --ranks would "
        "run the same; expected it where the rank count goes, e.g. mpirun -np {ranks}");
  return options.ranks;
}

int read_ranks_per_node(const po::variables_map& values) {
  const int count = values["ranks-per-node"].as<int>();
  if (count < 0)
    throw UsageError(fmt::format("--ranks-per-node: {}; expected a count of at least 1", count));
  const char* const nodes = std::getenv("SLURM_JOB_NUM_NODES");
  if (count == 0 && nodes != nullptr && std::atoi(nodes) > 1)
    throw UsageError(fmt::format(
        "assay suite exec: this Slurm job has {} nodes; expected --ranks-per-node N, so that rows "
        "say how many of them a rank count uses",
        nodes));
  return count;
}

/// What became of the launches.
struct Tally {
  int launches = 0, failed = 0, timed_out = 0;
  bool no_number = false;

  void add(LaunchEnd end) {
    ++launches;
    failed += end == LaunchEnd::failed;
    timed_out += end == LaunchEnd::timed_out;
    no_number = no_number || end == LaunchEnd::no_number;
  }
};

ExitCode conclude(const Tally& tally, ExitCode code) {
  if (tally.failed + tally.timed_out > 0)
    fmt::print(stderr,
               "assay: {} of {} launches failed, {} of them at the deadline; the reasons "
               "are in measurements.csv\n",
               tally.failed + tally.timed_out, tally.launches, tally.timed_out);
  if (tally.no_number) return ExitCode::bad_input;
  return code == ExitCode::done && tally.timed_out > 0 ? ExitCode::partial : code;
}

ExitCode study(const ExternalCommand& command, const SuiteOptions& options,
               MeasureOptions measure_options, int ranks_per_node, nlohmann::json json) {
  const std::size_t cores = discover_machine().one_pu_per_core.size();
  const std::vector<int> ranks = rank_counts(command, options, cores);
  const int launches =
      options.launches > 0 ? options.launches : by_profile(measure_options.profile, 3, 5, 7);
  const auto point_of = [&](const StudyPoint& at) {
    const int nodes = ranks_per_node == 0 ? 1 : (at.ranks + ranks_per_node - 1) / ranks_per_node;
    return CommandPoint{at.ranks, nodes, at.launch};
  };
  measure_options.ranks = 1;  // The command starts its own.
  json["command"] = command.arguments;
  Session session(measure_options, "suite", json);
  Tally tally;
  const std::vector<StudyPoint> order = study_order(ranks, launches, options.seed);
  for (const StudyPoint& at : order) {
    const CommandPoint point = point_of(at);
    workloads::check(command, point);
    session.plan(
        workloads::external_command_description(), point.ranks, point.launch, command.timeout,
        [&command, &tally, point, cores](RecordSink& sink) {
          const LaunchEnd end = workloads::launch(command, point, cores, sink);
          tally.add(end);
          if (end == LaunchEnd::no_number)
            throw RunError(
                fmt::format("{} printed no number above 0 that --metric '{}' "
                            "captures",
                            command.name, command.metric));
        },
        at.launch > 1 && !(at == order.back()));
  }
  judge_drift(session, workloads::external_command_description().name, command.scaling, order);
  const ExitCode code = session.measure();
  if (!measure_options.dry_run) fmt::print("\nResults: {}\n", session.directory().string());
  return conclude(tally, code);
}

}  // namespace

bool is_exec(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return false;
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  return arguments.front() == "exec" ||
         (dashes != arguments.end() && std::find(arguments.begin(), dashes, "exec") != dashes);
}

ExitCode run_exec(const std::vector<std::string>& arguments) {
  const Line line = split(arguments);
  const Command about{.about = {.kind = "command",
                                .name = "suite exec",
                                .summary = "Measure how a command of yours scales",
                                .metrics = {},
                                .verification = ""},
                      .usage = usage,
                      .example = example,
                      .run = run_exec};
  const auto asks_for_help = std::find(arguments.begin(), arguments.end(), "--help");
  if (line.command.empty() && asks_for_help == arguments.end())
    workloads::check({}, {});  // Else the command's own options would be complained of as ours.
  po::variables_map values;
  if (!parse_options(about, line.options, exec_options(), "", values)) return ExitCode::done;
  const SuiteOptions options = read_suite_options(values);
  MeasureOptions measure_options = read_measure_options(values);
  if (measure_options.trace)
    throw UsageError("--trace: the steps inside a command cannot be seen; expected a workload");
  ExternalCommand command = read_command(values, line, options);
  command.timeout = measure_options.timeout;
  workloads::check(command, {});
  measure_options.start.starts_ranks = true;
  return study(command, options, measure_options, read_ranks_per_node(values),
               options_json(values));
}

}  // namespace assay::suite
