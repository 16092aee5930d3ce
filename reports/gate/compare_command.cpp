/// @file
/// `assay compare BASE HEAD`: two stored results, if they may be compared; and the history of many.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "probes/cli/command.hpp"
#include "reports/gate/command_options.hpp"
#include "reports/gate/decide/canary.hpp"
#include "reports/gate/decide/fingerprint.hpp"
#include "reports/gate/decide/fitted_parameters.hpp"
#include "reports/gate/decide/roof_fraction.hpp"
#include "reports/gate/decide/stored_comparison.hpp"

namespace assay::gate {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

extern const Command compare_command;

po::options_description compare_options() {
  po::options_description options("Options");
  options.add_options()(
      "results", po::value<std::vector<std::string>>()->value_name("BASE HEAD"),
      "Each a run directory, a directory of run directories (several launches), or "
      "a file of Google Benchmark's JSON")(
      "normalise", po::bool_switch(),
      "Compare fractions of the roofs measured in the same run; the hardware may then differ")(
      "launch-noise", po::value<std::string>()->default_value("2%")->value_name("PERCENT"),
      "How much launches differ (standard deviation), where only one is stored");
  add_shared_options(options);
  return options;
}

/// The launches of one side, with what they are from.
struct Stored {
  StoredSide launches;
  nlohmann::json provenance;
  std::vector<RunData> runs;
  std::vector<std::string> warnings;
};

std::vector<std::string> members_of(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored) || fs::exists(fs::path(path) / "run.json", ignored))
    return {path};
  std::vector<std::string> members;
  for (const fs::directory_entry& entry : fs::directory_iterator(path))
    if (fs::exists(entry.path() / "run.json", ignored) || entry.path().extension() == ".json")
      members.push_back(entry.path().string());
  std::sort(members.begin(), members.end());
  if (members.empty())
    throw InputError(path, 0, "", "holds no result",
                     "a run directory, a directory of them, or Google Benchmark's JSON");
  return members;
}

Stored read_side(const std::string& path, const CommandOptions& options) {
  Stored side;
  for (const std::string& member : members_of(path)) {
    StoredLaunch stored = read_stored(member, options, true);
    for (const std::string& warning : stored.warnings)
      side.warnings.push_back(fmt::format("{}: {}", member, warning));
    if (side.launches.empty()) {
      side.provenance = stored.provenance;
    } else {
      for (const FingerprintDifference& difference :
           compare_fingerprints(side.provenance, stored.provenance))
        if (difference.hard)
          throw InputError(
              member, 0, difference.key,
              fmt::format("is {}, but {} in the launches before", difference.head, difference.base),
              "launches of one version in one environment");
    }
    side.launches.push_back(std::move(stored.launch));
    if (stored.run) side.runs.push_back(std::move(*stored.run));
  }
  return side;
}

void check_canaries(const Stored& base, const Stored& head, GateReport& report) {
  if (base.runs.empty() || head.runs.empty()) {
    report.warnings.emplace_back(
        "no canary probes in Google Benchmark's JSON: whether the machine changed is unknown");
    return;
  }
  report.canaries = compare_canaries(base.runs, head.runs);
  if (report.canaries.empty())
    report.warnings.emplace_back(
        "no canary probe is in all runs of both sides: whether the machine changed is unknown");
}

void normalise_side(Stored& side, const CommandOptions& options, const char* which,
                    GateReport& report) {
  if (side.runs.empty())
    throw UsageError("--normalise needs run directories: Google Benchmark's JSON holds no roofs");
  RunMetricsOptions run_options;
  run_options.exact = options.exact;
  side.launches.clear();
  int left_out = 0;
  for (const RunData& run : side.runs) {
    NormalisedLaunch normalised = normalise(run, run_options);
    left_out = std::max(left_out, normalised.left_out);
    side.launches.push_back(std::move(normalised.launch));
  }
  if (left_out > 0)
    report.warnings.push_back(
        fmt::format("{}: {} metrics have no roof in their run and are left out", which, left_out));
}

void compare_sides(const po::variables_map& values, const std::vector<std::string>& paths,
                   GateReport& report) {
  CommandOptions options;
  read_source_options(values, options);
  Stored base = read_side(paths[0], options), head = read_side(paths[1], options);
  for (const auto* side : {&base, &head})
    report.warnings.insert(report.warnings.end(), side->warnings.begin(), side->warnings.end());
  const bool normalised = values["normalise"].as<bool>();
  FingerprintOptions fingerprint;
  fingerprint.allowed = list_of(values, "allow-difference");
  fingerprint.normalised = normalised;
  report.fingerprint = compare_fingerprints(base.provenance, head.provenance, fingerprint);
  if (normalised) {
    // The canaries are the roofs themselves: what they say is what is divided out.
    normalise_side(base, options, "base", report);
    normalise_side(head, options, "head", report);
  } else {
    check_canaries(base, head, report);
  }
  if (report.environment_differs()) return;
  StoredOptions stored;
  stored.rule = report.rule;
  stored.launch_noise = percent_of(values, "launch-noise");
  stored.launch_noise_stated = !values["launch-noise"].defaulted();
  std::vector<FittableParameter> base_parameters, head_parameters;
  if (!normalised) {
    base_parameters = fittable_parameters(base.runs);
    head_parameters = fittable_parameters(head.runs);
  }
  // Two families of tests share the promise.
  if (!base_parameters.empty() || !head_parameters.empty()) stored.rule.alpha /= 2;
  for (StoredSide* side : {&base.launches, &head.launches})
    for (Launch& launch : *side)
      std::erase_if(launch.readings, [](const auto& reading) {
        return reading.second.kind == MetricKind::fitted;  // refitted below, from replicates
      });
  report.metrics = compare_stored(base.launches, head.launches, stored);
  for (MetricResult& parameter : compare_parameters(base_parameters, head_parameters, stored))
    report.metrics.push_back(std::move(parameter));
  report.claim =
      stored_claim(fewest_launches(base.launches), fewest_launches(head.launches), stored);
}

ExitCode run_compare(const std::vector<std::string>& arguments) {
  po::variables_map values;
  if (!parse_options(compare_command, arguments, compare_options(), "results", values))
    return ExitCode::done;
  const std::vector<std::string> paths = list_of(values, "results");
  const bool history_only = paths.empty() && values.count("history") != 0;
  if (paths.size() != 2 && !history_only)
    throw UsageError(fmt::format(
        "assay compare: {} results given; expected BASE and HEAD, or none and --history",
        paths.size()));
  (void)policy_of(values);
  GateReport report;
  report.kind = history_only ? "history" : "compare";
  report.rule = rule_of(values);
  report.started = time_now();
  if (!history_only) {
    report.base = paths[0];
    report.head = paths[1];
    compare_sides(values, paths, report);
  }
  add_history(values, report);
  return finish(values, report);
}

const Command compare_command{
    .about = {.kind = "command",
              .name = "compare",
              .summary = "Compares two stored results, if their environments allow it.",
              .metrics = {},
              .verification = ""},
    .usage = "assay compare BASE HEAD [options]",
    .example =
        "assay compare assay-results/monday assay-results/tuesday\n"
        "assay compare base.json head.json --launch-noise 1%\n"
        "assay compare --history assay-results",
    .run = run_compare,
};

const bool compare_command_registered = Registry<Command>::add(compare_command);

}  // namespace
}  // namespace assay::gate
