/// @file
/// `assay suite`: what a distributed workload gets out of the machines.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "benchmarks/suite/exec.hpp"
#include "benchmarks/suite/options.hpp"
#include "probes/cli/command.hpp"
#include "probes/cli/job_options.hpp"
#include "probes/cli/program.hpp"

namespace assay {
namespace {

namespace po = boost::program_options;

/// "allreduce" selects collective.allreduce, "gradient" selects workload.gradient; full names do as
/// well. Nothing selects everything but what waits to be named.
bool is_selected(const std::string& name, const std::vector<std::string>& wanted) {
  if (wanted.empty()) return !suite::is_on_request(name);
  return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& want) {
    return name == want || name.ends_with("." + want);
  });
}

void require_known(const std::vector<std::string>& wanted) {
  std::vector<std::string> names;
  for (const Description* entry : suite::suite_descriptions())
    names.push_back(entry->name.substr(entry->name.find('.') + 1));
  for (const std::string& want : wanted) {
    const auto entries = suite::suite_descriptions();
    if (std::any_of(entries.begin(), entries.end(),
                    [&](const Description* entry) { return is_selected(entry->name, {want}); }))
      continue;
    const std::string meant = nearest_name(want, names);
    throw UsageError(fmt::format(
        "assay suite: no workload or collective '{}'; {}expected one of {}", want,
        meant.empty() ? "" : fmt::format("did you mean {}? ", meant), fmt::join(names, ", ")));
  }
}

ExitCode run_suite(const std::vector<std::string>& arguments);

const bool command_registered = Registry<Command>::add(
    {.about = {.kind = "command",
               .name = "suite",
               .summary = "Measure distributed workloads and how they scale",
               .metrics = {},
               .verification = ""},
     .usage = "assay suite [allreduce|gradient|...] [options]\n       assay suite exec "
              "[options] -- COMMAND (see assay suite exec --help)",
     .example = "assay suite --profile quick\nassay suite gradient --ranks "
                "1,2,4 --scaling strong\nmpirun -np 4 assay suite allreduce\nassay "
                "suite exec --ranks 1,2,4 -- mpirun -np {ranks} ./train",
     .run = run_suite});

ExitCode run_suite(const std::vector<std::string>& arguments) {
  if (suite::is_exec(arguments)) return suite::run_exec(arguments);
  ranks_run_alike();
  po::options_description options("Options", 100);
  options.add_options()("names", po::value<std::vector<std::string>>()->value_name("NAMES"),
                        "What to run; default: all (see assay list)");
  suite::add_suite_options(options);
  add_measure_options(options);
  add_job_options(options);
  add_settings(options, suite::suite_descriptions());
  po::variables_map values;
  if (!parse_options(*Registry<Command>::find("suite"), arguments, options, "names", values))
    return ExitCode::done;
  std::vector<std::string> wanted;
  if (values.count("names") != 0) wanted = values["names"].as<std::vector<std::string>>();
  require_known(wanted);
  const suite::SuiteOptions suite_options = suite::read_suite_options(values);
  MeasureOptions measure_options = read_measure_options(values);
  measure_options.settings = read_settings(values, suite::suite_descriptions());
  if (!suite_options.ranks.empty())
    measure_options.ranks =
        *std::max_element(suite_options.ranks.begin(), suite_options.ranks.end());

  Session session(measure_options, "suite", options_json(values));
  // The suite decides nothing: the job waits in run.json for assay report and assay plan buy.
  session.agree([&] { session.record_option("job", to_json(read_job(values))); });
  suite::plan_suite(session, suite_options,
                    [&](const std::string& name) { return is_selected(name, wanted); });
  const ExitCode code = session.measure();
  if (session.is_writer() && !measure_options.dry_run)
    fmt::print("\nResults: {}\n", session.directory().string());
  return code;
}

}  // namespace
}  // namespace assay
