/// @file
/// `assay report DIR...`

#include <fmt/format.h>

#include "probes/core/command.hpp"
#include "reports/report.hpp"

namespace assay {

namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;

ExitCode run(const std::vector<std::string>& arguments);

Command command() {
  return {.about = {.kind = "command",
                    .name = "report",
                    .summary = "Makes report.html of one or several run directories.",
                    .metrics = {},
                    .verification = ""},
          .usage = "assay report DIR... [options]",
          .example =
              "assay report assay-results/20250101T120000Z-node1 --prices prices.csv\n"
              "assay report trial-a trial-b --prices a.csv --prices b.csv --output compare.html\n"
              "assay report trial-a --redact --output share.html",
          .run = run};
}

std::optional<fs::path> optional_path(const po::variables_map& values, const char* name) {
  if (values.count(name) == 0) return std::nullopt;
  return fs::path(values[name].as<std::string>());
}

std::vector<fs::path> paths(const po::variables_map& values, const char* name) {
  std::vector<fs::path> list;
  if (values.count(name) > 0)
    for (const std::string& path : values[name].as<std::vector<std::string>>())
      list.emplace_back(path);
  return list;
}

ExitCode run(const std::vector<std::string>& arguments) {
  po::options_description options("Options");
  options.add_options()("directory", po::value<std::vector<std::string>>()->value_name("DIR"),
                        "run directory; several are compared side by side")(
      "prices", po::value<std::vector<std::string>>()->value_name("FILE"),
      "price list (CSV); once for all directories, or once for each")(
      "output", po::value<std::string>()->value_name("FILE"),
      "the page (default: report.html in the first directory)")(
      "markdown", po::value<std::string>()->value_name("FILE"), "also write a summary as Markdown")(
      "tables", po::value<std::string>()->value_name("FOLDER"),
      "also write every table of the page as a CSV file")(
      "redact", po::bool_switch(), "leave out hosts, users, addresses, paths and prices")(
      "csp-safe", po::bool_switch(),
      "style and script as report.css and report.js beside the page, for servers that forbid "
      "inline code");
  po::variables_map values;
  if (!parse_options(command(), arguments, options, "directory", values)) return ExitCode::done;
  ReportOptions report;
  report.prices = paths(values, "prices");
  report.output = optional_path(values, "output");
  report.markdown = optional_path(values, "markdown");
  report.tables = optional_path(values, "tables");
  report.redact = values["redact"].as<bool>();
  report.csp_safe = values["csp-safe"].as<bool>();
  fmt::print("{}\n", write_report(paths(values, "directory"), report).string());
  return ExitCode::done;
}

const bool registered = Registry<Command>::add(command());

}  // namespace

}  // namespace assay
