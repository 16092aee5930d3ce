/// @file
/// The options that the measuring commands share.

#include <fmt/format.h>

#include <set>

#include "probes/session.hpp"

namespace assay {

namespace po = boost::program_options;

void add_measure_options(po::options_description& options, const TimeoutOption& timeout) {
  options.add_options()(
      "profile", po::value<std::string>()->default_value("standard")->value_name("NAME"),
      "How long it may take: quick (a minute), standard (some ten minutes) or thorough")(
      "output", po::value<std::string>()->value_name("DIR"),
      "Run directory; default assay-results/<UTC time>-<host>")(
      "append", po::bool_switch(), "Add to a run directory that is in use")(
      "resume", po::bool_switch(),
      "Go on with the run in --output: what it holds complete is not measured again")(
      "public", po::bool_switch(),
      "Let others read the run's files (as the umask says); default: only their owner")(
      "dry-run", po::bool_switch(), "Show what would be measured and how long it takes, then stop")(
      "timeout", po::value<std::string>()->default_value(timeout.value)->value_name("TIME"),
      timeout.description)("time-budget", po::value<std::string>()->value_name("TIME"),
                           "Fit the plan to this time, and say what was dropped")(
      "trace", po::bool_switch(), "Write trace.json: the steps of all ranks, for ui.perfetto.dev")(
      "provider", po::value<std::string>()->default_value("")->value_name("NAME"),
      "libfabric provider, see assay list providers; default: the best there is")(
      "alone", po::bool_switch(),
      "Measure this host only, also where the environment says that others take part")(
      "memory-cap", po::value<std::string>()->value_name("SIZE"),
      "Memory of a host that node probes plan with, of which they use 60 %; default: what is "
      "free")(
      "rounds", po::value<int>()->value_name("N"),
      "Rounds over the whole run in which each headline point is measured anew; default: 5 quick, "
      "6 "
      "standard, 8 thorough, and with --time-budget as many as fit")(
      "history", po::value<std::string>()->value_name("DIR"),
      "Earlier runs of this machine, whose spread widens the intervals where it is larger; "
      "default: "
      "the folder that the run directory is made in")("no-progress", po::bool_switch(),
                                                      "No progress bar on stderr");
}

MeasureOptions read_measure_options(const po::variables_map& values) {
  MeasureOptions options;
  const auto& profile = values["profile"].as<std::string>();
  const auto parsed = parse_profile(profile);
  if (!parsed)
    throw UsageError(fmt::format(
        "--profile: '{}' is not a profile; expected quick, standard or thorough", profile));
  options.profile = *parsed;
  if (values.count("output") != 0) options.output = values["output"].as<std::string>();
  options.append = values["append"].as<bool>();
  options.resume = values["resume"].as<bool>();
  if (options.resume && options.output.empty())
    throw UsageError("--resume: which run? Add --output DIR");
  if (options.resume && options.append)
    throw UsageError("--resume and --append: expected one of them");
  options.trace = values["trace"].as<bool>();
  options.is_public = values["public"].as<bool>();
  options.dry_run = values["dry-run"].as<bool>();
  options.progress = !values["no-progress"].as<bool>();
  options.timeout = parse_seconds(values["timeout"].as<std::string>(), "--timeout");
  if (options.timeout <= Seconds(0))
    throw UsageError("--timeout: must be above 0; expected for example 20s");
  if (values.count("time-budget") != 0)
    options.time_budget = parse_seconds(values["time-budget"].as<std::string>(), "--time-budget");
  if (values.count("rounds") != 0) options.rounds = values["rounds"].as<int>();
  if (values.count("rounds") != 0 && (options.rounds < 1 || options.rounds > 1000))
    throw UsageError(
        fmt::format("--rounds: {} is out of range; expected 1 to 1000", options.rounds));
  if (values.count("history") != 0) {
    options.history = values["history"].as<std::string>();
    if (!std::filesystem::is_directory(options.history))
      throw UsageError(
          fmt::format("--history: {} is no directory; expected a folder of run "
                      "directories",
                      options.history.string()));
  }
  if (values.count("memory-cap") != 0) {
    options.memory_cap = parse_bytes(values["memory-cap"].as<std::string>(), "--memory-cap");
    if (*options.memory_cap < 16_MiB)
      throw UsageError("--memory-cap: too little to measure with; expected at least 16MiB");
  }
  options.provider = values["provider"].as<std::string>();
  options.start.alone = values["alone"].as<bool>();
  return options;
}

void add_settings(po::options_description& options,
                  const std::vector<const Description*>& entries) {
  std::set<std::string> offered;
  for (const Description* entry : entries)
    for (const SettingInfo& setting : entry->settings) {
      if (!offered.insert(setting.name).second) continue;
      const std::string text =
          fmt::format("{} (default: {})", setting.description, setting.default_text);
      options.add_options()(setting.name.c_str(), po::value<std::string>()->value_name("VALUE"),
                            text.c_str());
    }
}

std::map<std::string, std::string> read_settings(const po::variables_map& values,
                                                 const std::vector<const Description*>& entries) {
  std::map<std::string, std::string> settings;
  for (const Description* entry : entries)
    for (const SettingInfo& setting : entry->settings)
      if (values.count(setting.name) != 0)
        settings[setting.name] = values[setting.name].as<std::string>();
  return settings;
}

}  // namespace assay
