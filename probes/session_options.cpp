/// @file
/// The options that the measuring commands share.

#include <fmt/format.h>

#include <set>

#include "probes/network/launch/node_file.hpp"
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
      "hosts", po::value<std::string>()->value_name("LIST"),
      "Start on these hosts over ssh, e.g. n1,n2: one rank per core there, or --ranks in all")(
      "hostfile", po::value<std::string>()->value_name("FILE"),
      "The same from a file: a host per line, as PBS, LSF, Grid Engine and MPI write it")(
      "copy", po::bool_switch(), "Copy the program to --hosts first, and remove it at the end")(
      "rendezvous", po::value<std::string>()->value_name("HOST:PORT"),
      "Where rank 0 waits for the others; with --rank and --size on every process of the job")(
      "rank", po::value<int>()->value_name("R"), "Of this process at the rendezvous, from 0")(
      "size", po::value<int>()->value_name("N"), "Ranks of the rendezvous or of the Indexed Job")(
      "key-file", po::value<std::string>()->value_name("FILE"),
      "The job's common secret; default: ASSAY_JOB_KEY, or ~/.assay/job-key")(
      "start-timeout", po::value<std::string>()->value_name("TIME"),
      "How long to wait for the next rank to come; default: --timeout")(
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

namespace {

std::optional<int> read_count(const po::variables_map& values, const char* name, int least) {
  if (values.count(name) == 0) return std::nullopt;
  const int count = values[name].as<int>();
  if (count < least)
    throw UsageError(fmt::format("--{}: {}; expected at least {}", name, count, least));
  return count;
}

network::StartOptions read_start_options(const po::variables_map& values) {
  network::StartOptions options;
  options.alone = values["alone"].as<bool>();
  if (values.count("rendezvous") != 0) options.rendezvous = values["rendezvous"].as<std::string>();
  if (values.count("key-file") != 0) options.key_file = values["key-file"].as<std::string>();
  if (values.count("hosts") != 0)
    options.hosts = network::hosts_of_list(values["hosts"].as<std::string>());
  if (values.count("hostfile") != 0) {
    const auto& file = values["hostfile"].as<std::string>();
    const auto hosts = network::hosts_of_file(file);
    if (!hosts)
      throw UsageError(fmt::format("--hostfile: {}: expected a file with a host per line", file));
    if (!options.hosts.empty()) throw UsageError("--hosts and --hostfile: expected one of them");
    options.hosts = *hosts;
  }
  options.copy = values["copy"].as<bool>();
  if ((values.count("hosts") != 0 || options.copy) && options.hosts.empty())
    throw UsageError("--hosts: no host; expected such as n1,n2");
  options.rank = read_count(values, "rank", 0);
  options.size = read_count(values, "size", 1);
  if (options.rank && options.size && *options.rank >= *options.size)
    throw UsageError(fmt::format("--rank: {} of --size {}; expected 0 to {}", *options.rank,
                                 *options.size, *options.size - 1));
  if (values.count("start-timeout") != 0)
    options.patience = parse_seconds(values["start-timeout"].as<std::string>(), "--start-timeout");
  return options;
}

}  // namespace

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
  options.provider = values["provider"].as<std::string>();
  options.start = read_start_options(values);
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
