/// @file
/// `assay probe`: what one machine, or one wire, can do.

#include <fmt/format.h>

#include <algorithm>

#include "probes/cli/command.hpp"
#include "probes/cli/program.hpp"
#include "probes/network/rank_probe.hpp"
#include "probes/session.hpp"

namespace assay {
namespace {

namespace po = boost::program_options;

std::vector<const Description*> probe_descriptions() {
  std::vector<const Description*> found;
  for (const Description* entry : registry::all())
    if (entry->kind == "probe") found.push_back(entry);
  return found;
}

/// "memory" selects memory.bandwidth and memory.latency; nothing selects everything.
bool is_selected(const std::string& name, const std::vector<std::string>& wanted) {
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), [&](const std::string& want) {
           return name == want || name.starts_with(want + ".");
         });
}

void require_known(const std::vector<std::string>& wanted) {
  for (const std::string& want : wanted) {
    std::vector<std::string> names;
    bool known = false;
    for (const Description* probe : probe_descriptions()) {
      known = known || is_selected(probe->name, {want});
      names.push_back(probe->name);
    }
    if (known) continue;
    const std::string meant = nearest_name(want, names);
    throw UsageError(fmt::format("assay probe: no probe '{}'; {}expected one of {}", want,
                                 meant.empty() ? "" : fmt::format("did you mean {}? ", meant),
                                 fmt::join(names, ", ")));
  }
}

ExitCode run_probe(const std::vector<std::string>& arguments);

const bool command_registered = Registry<Command>::add(
    {.about = {.kind = "command",
               .name = "probe",
               .summary = "Measure what a node and its network can do",
               .metrics = {},
               .verification = ""},
     .usage = "assay probe [NAMES] [options]",
     .example = "assay probe --profile quick\nassay probe memory network.alpha_beta --output node7",
     .run = run_probe});

ExitCode run_probe(const std::vector<std::string>& arguments) {
  ranks_run_alike();
  po::options_description options("Options", 100);
  options.add_options()(
      "names", po::value<std::vector<std::string>>()->value_name("NAMES"),
      "Probes to run, by name or first part of the name; default: all (see assay list)")(
      "ranks", po::value<int>()->default_value(0)->value_name("N"),
      "Ranks for the network probes; default: one per core")(
      "format", po::value<std::string>()->default_value("text")->value_name("FORMAT"),
      "of the table of results on standard output: text or json");
  add_measure_options(options);
  add_settings(options, probe_descriptions());
  po::variables_map values;
  if (!parse_options(*Registry<Command>::find("probe"), arguments, options, "names", values))
    return ExitCode::done;

  std::vector<std::string> wanted;
  if (values.count("names") != 0) wanted = values["names"].as<std::vector<std::string>>();
  require_known(wanted);
  MeasureOptions measure_options = read_measure_options(values);
  measure_options.ranks = values["ranks"].as<int>();
  if (measure_options.ranks < 0)
    throw UsageError(
        fmt::format("--ranks: {} is negative; expected a count", measure_options.ranks));
  const std::string format = values["format"].as<std::string>();
  if (format != "text" && format != "json")
    throw UsageError(fmt::format("--format: '{}'; expected text or json", format));
  measure_options.json = format == "json";
  if (measure_options.json && measure_options.dry_run)
    throw UsageError("--format json: with --dry-run there are no results; expected one of the two");
  measure_options.settings = read_settings(values, probe_descriptions());

  Session session(measure_options, "probe", options_json(values));
  plan_probes(session, [&](const std::string& name) { return is_selected(name, wanted); });
  const ExitCode code = session.measure();
  if (session.is_writer() && !measure_options.dry_run && !measure_options.json)
    fmt::print("\nResults: {}\n", session.directory().string());
  return code;
}

}  // namespace

void plan_probes(Session& session, const std::function<bool(const std::string& name)>& is_wanted) {
  for (const NodeProbe* probe : Registry<NodeProbe>::all())
    if (is_wanted(probe->about.name)) session.plan(*probe);
  for (const network::RankProbe* probe : Registry<network::RankProbe>::all())
    if (probe->about.kind == "probe" && is_wanted(probe->about.name))
      session.plan(*probe, probe->ranks_max > 0 ? std::min(session.ranks(), probe->ranks_max)
                                                : session.ranks());
}

}  // namespace assay
