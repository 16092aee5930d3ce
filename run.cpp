/// @file
/// `assay run`, the main job: probe, suite and report in one go. It stands beside main.cpp because
/// it is the one place that knows both the measuring components and the reporting one.

#include <fmt/format.h>

#include <algorithm>

#include "benchmarks/suite/options.hpp"
#include "probes/cli/command.hpp"
#include "probes/cli/job_options.hpp"
#include "probes/cli/program.hpp"
#include "probes/cli/standard_streams.hpp"
#include "probes/core/interrupt.hpp"
#include "reports/models/money/price_list.hpp"
#include "reports/report.hpp"

namespace assay {
namespace {

namespace po = boost::program_options;

ExitCode run_all(const std::vector<std::string>& arguments);

const bool run_registered =
    Registry<Command>::add({.about = {.kind = "command",
                                      .name = "run",
                                      .summary = "Probe, suite and report: the main job",
                                      .metrics = {},
                                      .verification = ""},
                            .usage = "assay run [options]",
                            .example = "assay run --profile quick\nsrun -N 8 --mpi=pmix assay run "
                                       "--prices prices.csv --output trial\nmpirun -np 4 assay run",
                            .run = run_all});

std::vector<const Description*> measured_descriptions() {
  std::vector<const Description*> entries = suite::suite_descriptions();
  for (const Description* entry : registry::all())
    if (entry->kind == "probe") entries.push_back(entry);
  return entries;
}

ExitCode run_all(const std::vector<std::string>& arguments) {
  ranks_run_alike();
  po::options_description options("Options", 100);
  suite::add_suite_options(options);
  add_measure_options(options);
  add_job_options(options);
  add_settings(options, measured_descriptions());
  po::variables_map values;
  if (!parse_options(*Registry<Command>::find("run"), arguments, options, "", values))
    return ExitCode::done;

  const suite::SuiteOptions suite_options = suite::read_suite_options(values);
  MeasureOptions measure_options = read_measure_options(values);
  measure_options.settings = read_settings(values, measured_descriptions());
  if (!suite_options.ranks.empty())
    measure_options.ranks =
        *std::max_element(suite_options.ranks.begin(), suite_options.ranks.end());
  Session session(measure_options, "run", options_json(values));
  ReportOptions report_options;
  // A mistake in the job or its prices must be known before minutes are spent measuring.
  session.agree([&] {
    const JobTexts job = read_job(values);
    session.record_option("job", to_json(job));
    report_options = report_options_of(job);
    for (const std::filesystem::path& prices : report_options.prices)
      (void)models::read_price_list(prices, report_options.price_query);
  });
  const auto everything = [](const std::string& name) { return !suite::is_on_request(name); };
  plan_probes(session, everything);
  suite::plan_suite(session, suite_options, everything);
  const ExitCode code = session.measure();
  if (!session.is_writer() || measure_options.dry_run) return code;
  end_at_first_interrupt();
  const WrittenReport report = write_report({session.directory()}, report_options);
  fmt::print("\n{}Report: {}\n", printable(report.answer), one_line(report.page.string()));
  if (!report.why.empty()) tell("assay run: " + one_line(report.why));
  // Without a job nobody asked for a decision: what was measured is there.
  return code == ExitCode::done && report_options.job ? report.code : code;
}

}  // namespace
}  // namespace assay
