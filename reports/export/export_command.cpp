/// @file
/// `assay export`: the numbers of runs in the formats of other tools, and the schemas of our own.

#include <fmt/format.h>

#include "probes/cli/command.hpp"
#include "probes/cli/standard_streams.hpp"
#include "probes/run/file_writing.hpp"
#include "reports/export/exporter.hpp"
#include "reports/export/schemas.hpp"
#include "reports/import/import.hpp"

namespace assay::exports {

namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;

ExitCode run_export(const std::vector<std::string>& arguments);

const bool export_command_registered = Registry<Command>::add(
    {.about = {.kind = "command",
               .name = "export",
               .summary = "Write the numbers of runs in the formats of other tools",
               .metrics = {},
               .verification = ""},
     .usage = "assay export DIR|LOG... --as FORMAT [--output FILE]",
     .example = "assay export trial --as openmetrics --output assay.prom\n"
                "assay export trial-a trial-b --as csv --output all.csv\n"
                "assay export --schema run.json",
     .run = run_export});

const Exporter& exporter_named(const std::string& name) {
  if (const Exporter* found = Registry<Exporter>::find(name)) return *found;
  std::string names;
  for (const Exporter* each : Registry<Exporter>::all())
    names += (names.empty() ? "" : ", ") + each->about.name;
  throw UsageError(fmt::format("--as: '{}'; expected one of: {}", name, names));
}

std::string text_of(const std::vector<fs::path>& paths, const std::string& format) {
  const Exporter& exporter = exporter_named(format);
  if (paths.empty())
    throw UsageError("assay export: no run; expected a run directory or a log of another tool");
  if (paths.size() > 1 && !exporter.takes_several)
    throw UsageError(fmt::format("--as {}: {} runs; expected one (--as csv takes several)", format,
                                 paths.size()));
  std::vector<ExportedRun> runs;
  for (const fs::path& given : paths) {
    fs::path path = given.lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
    runs.push_back({path.filename().string(), import::read_all({path})});
    for (const std::string& warning : runs.back().run.warnings)
      tell("assay: warning: " + one_line(warning));
  }
  return exporter.text(runs);
}

ExitCode run_export(const std::vector<std::string>& arguments) {
  po::options_description options("Options");
  options.add_options()("run", po::value<std::vector<std::string>>()->value_name("DIR"),
                        "run directory, or a log of another tool (assay list formats)")(
      "as", po::value<std::string>()->value_name("FORMAT"), "format, see assay list")(
      "schema", po::value<std::string>()->value_name("FILE"),
      "instead: the JSON Schema of run.json, or of a row of measurements.csv, samples.csv or "
      "models.csv")("output", po::value<std::string>()->value_name("FILE"),
                    "default: standard output");
  po::variables_map values;
  if (!parse_options(*Registry<Command>::find("export"), arguments, options, "run", values))
    return ExitCode::done;
  std::vector<fs::path> paths;
  if (values.count("run") > 0)
    for (const std::string& path : values["run"].as<std::vector<std::string>>())
      paths.emplace_back(path);
  if (values.count("as") + values.count("schema") != 1)
    throw UsageError("assay export: expected either --as FORMAT (see assay list) or --schema FILE");
  if (values.count("schema") > 0 && !paths.empty())
    throw UsageError("--schema: takes no run; expected assay export --schema FILE alone");
  const std::string text = values.count("schema") > 0
                               ? schema_of(values["schema"].as<std::string>())
                               : text_of(paths, values["as"].as<std::string>());
  if (values.count("output") == 0) {
    fmt::print("{}", text);
    return ExitCode::done;
  }
  OutputFiles files;
  files.add(values["output"].as<std::string>(), text, Links::follow);
  std::vector<fs::path> inputs;
  for (const fs::path& path : paths)
    for (const char* name : {"", "run.json", "measurements.csv", "samples.csv", "models.csv"})
      inputs.push_back(*name == '\0' ? path : path / name);
  files.write(inputs);
  return ExitCode::done;
}

}  // namespace

}  // namespace assay::exports
