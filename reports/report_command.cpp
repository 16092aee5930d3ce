/// @file
/// `assay report DIR...`

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "probes/cli/command.hpp"
#include "probes/cli/standard_streams.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/core/number.hpp"
#include "probes/run/file_writing.hpp"
#include "reports/report.hpp"

namespace assay {

namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;

ExitCode run(const std::vector<std::string>& arguments);

Command command() {
  return {
      .about = Description{.kind = "command",
                           .name = "report",
                           .summary = "Makes report.html of one or several run directories.",
                           .metrics = {},
                           .verification = ""},
      .usage = "assay report DIR|LOG... [options]",
      .example =
          "assay report assay-results/20250101T120000Z-node1 --prices prices.csv\n"
          "assay report trial-a --prices prices.csv --steps 1000000 --results 100 --deadline 30h\n"
          "assay report trial-a trial-b --prices a.csv --prices b.csv --output compare.html\n"
          "assay report trial-a --redact --output share.html\n"
          "assay report nvbandwidth.json nccl-8.txt nccl-16.txt gemm.csv --one-machine --output "
          "gpu.html",
      .run = run};
}

std::optional<fs::path> optional_path(const po::variables_map& values, const char* name) {
  if (values.count(name) == 0) return std::nullopt;
  return fs::path(values[name].as<std::string>());
}

double positive(const po::variables_map& values, const char* name) {
  const double value = values[name].as<double>();
  if (!(value > 0) || !std::isfinite(value))
    throw UsageError(
        fmt::format("--{}: {} is not above zero; expected a positive number", name, value));
  return value;
}

std::vector<fs::path> paths(const po::variables_map& values, const char* name) {
  std::vector<fs::path> list;
  if (values.count(name) > 0)
    for (const std::string& path : values[name].as<std::vector<std::string>>())
      list.emplace_back(path);
  return list;
}

std::vector<std::int64_t> counts_in(const std::string& text) {
  std::vector<std::int64_t> counts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    const auto count = parse_whole_number(std::string_view(text).substr(start, end - start));
    if (!count || *count < 1 || *count > 10'000'000)
      throw UsageError(fmt::format(
          "--ranks: \"{}\"; expected whole numbers from 1 to 10 million, as in 8 or 8,16,32",
          text));
    counts.push_back(*count);
    start = end + 1;
  }
  return counts;
}

std::string answer_as_json(const WrittenReport& written) {
  const nlohmann::json all = {{"page", written.page.string()},
                              {"answer", written.answer},
                              {"exit_code", static_cast<int>(written.code)},
                              {"why", written.why},
                              {"warnings", written.warnings},
                              {"read", written.read}};
  return all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

ExitCode run(const std::vector<std::string>& arguments) {
  po::options_description options("Options");
  options.add_options()("directory", po::value<std::vector<std::string>>()->value_name("DIR"),
                        "run directory, a log of another tool (assay list formats), or a folder "
                        "of logs of one machine; several are compared")(
      "prices", po::value<std::vector<std::string>>()->value_name("FILE"),
      "price list (CSV); once for all directories, or once for each")(
      "steps", po::value<double>()->default_value(1)->value_name("N"),
      "measured steps in the whole job")("results",
                                         po::value<double>()->default_value(1)->value_name("N"),
                                         "results that the job yields; cost is per result")(
      "deadline", po::value<std::string>()->value_name("TIME"),
      "of the whole job, e.g. 30h: the answer is the cheapest that meets it")(
      "output", po::value<std::string>()->value_name("FILE"),
      "the page (default: report.html in the first directory)")(
      "markdown", po::value<std::string>()->value_name("FILE"), "also write a summary as Markdown")(
      "tables", po::value<std::string>()->value_name("FOLDER"),
      "also write every table of the page as a CSV file")(
      "charts", po::value<std::string>()->value_name("FOLDER"),
      "also write every chart of the page as an SVG file")(
      "trace", po::value<std::string>()->value_name("FILE"),
      "also write a copy of the run's trace.json; with --redact without hosts and regions' names")(
      "format", po::value<std::string>()->default_value("text")->value_name("FORMAT"),
      "of what is printed: text (where the page is) or json (the answer)")(
      "redact", po::bool_switch(), "leave out hosts, users, addresses, paths and prices")(
      "no-models", po::bool_switch(),
      "do not write models.csv (default: into the run, or beside the page where the run is "
      "read-only)")("ranks", po::value<std::string>()->value_name("N,..."),
                    "ranks of logs that do not say: one number for all, or one for each log")(
      "one-machine", po::bool_switch(),
      "all logs and directories given are of one machine: one subject, not several compared")(
      "csp-safe", po::bool_switch(),
      "style and script as report.css and report.js beside the page, for servers that forbid "
      "inline code");
  po::variables_map values;
  if (!parse_options(command(), arguments, options, "directory", values)) return ExitCode::done;
  ReportOptions report;
  report.prices = paths(values, "prices");
  report.steps = positive(values, "steps");
  report.results = positive(values, "results");
  if (values.count("deadline") > 0) {
    report.deadline = parse_seconds(values["deadline"].as<std::string>(), "--deadline");
    if (report.deadline->value() <= 0)
      throw UsageError("--deadline: is zero; expected a time above zero, e.g. 30h");
  }
  report.output = optional_path(values, "output");
  report.markdown = optional_path(values, "markdown");
  report.tables = optional_path(values, "tables");
  report.charts = optional_path(values, "charts");
  report.trace = optional_path(values, "trace");
  const std::string format = values["format"].as<std::string>();
  if (format != "text" && format != "json")
    throw UsageError(fmt::format("--format: '{}'; expected text or json", format));
  report.redact = values["redact"].as<bool>();
  report.one_machine = values["one-machine"].as<bool>();
  if (values.count("ranks") > 0) report.ranks = counts_in(values["ranks"].as<std::string>());
  report.csp_safe = values["csp-safe"].as<bool>();
  end_at_first_interrupt();
  report.models = !values["no-models"].as<bool>();
  const WrittenReport written = write_report(paths(values, "directory"), report);
  for (const std::string& line : written.read) tell(one_line(line));
  for (const std::string& warning : written.warnings) tell("assay: warning: " + one_line(warning));
  // A page that went to standard output stands there alone.
  if (format == "json")
    fmt::print("{}\n", answer_as_json(written));
  else if (!is_standard_output(written.page))
    fmt::print("{}\n", one_line(written.page.string()));
  if (!written.why.empty()) tell("assay report: " + one_line(written.why));
  return written.code;
}

const bool report_command_registered = Registry<Command>::add(command());

}  // namespace

}  // namespace assay
