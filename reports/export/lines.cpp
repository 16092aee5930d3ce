/// @file
/// Lines of text: ReFrame's performance log, and every row of several runs as one CSV.

#include <fmt/format.h>

#include <algorithm>

#include "probes/core/units.hpp"
#include "probes/run/csv.hpp"
#include "reports/export/exporter.hpp"

namespace assay::exports {

namespace {

/// A cell of a line that "|" separates.
std::string log_cell(const std::string& text) {
  std::string cell = valid_utf8(text);
  for (char& c : cell)
    if (c == '|' || static_cast<unsigned char>(c) < 0x20) c = ' ';
  return cell;
}

/// "2026-01-31T12:00:00Z" with the offset that ReFrame writes.
std::string log_time(const std::string& start) {
  return start.ends_with('Z') ? start.substr(0, start.size() - 1) + "+00:00" : start;
}

/// As ReFrame 4 writes with a header: one line for each point. It passes where its rows may be
/// trusted; a row whose result was wrong has no value and fails.
std::string reframe_log(const std::vector<ExportedRun>& runs) {
  const RunData& run = runs.front().run;
  std::string text =
      "job_completion_time|version|display_name|system|partition|environ|jobid|num_tasks|result|"
      "perf_var|perf_value|perf_ref|perf_lower|perf_upper|perf_unit\n";
  std::string time = text_in(run, "/end");
  if (time.empty()) time = text_in(run, "/start");
  const auto add = [&](const Record& key, const std::string& name, const std::string& value,
                       bool passes) {
    text += fmt::format("{}|assay {}|{}|{}|default|builtin|null|{}|{}|{}|{}|null|null|null|{}\n",
                        log_time(time), log_cell(text_in(run, "/tool/version")), log_cell(name),
                        log_cell(key.host.empty() ? "unknown" : key.host.str()),
                        is_present(key.ranks) ? std::to_string(key.ranks) : "null",
                        passes ? "pass" : "fail", log_cell(key.metric.str()), value,
                        log_cell(key.unit.str()));
  };
  for (const Series& series : series_of(run))
    add(series.key, series.name, csv::number_cell(series.value), series.trusted);
  for (const Record& row : run.records)
    if (row.status == Status::incorrect || row.status == Status::timed_out)
      add(row, row.probe.str() + " " + row.metric.str() + " " + row.operation.str(), "null", false);
  return text;
}

std::string long_csv(const std::vector<ExportedRun>& runs) {
  std::string text = "run_id,run_start,tool_version," + csv::measurements_header();
  for (const ExportedRun& one : runs) {
    const std::string start = csv::text_cell(one.id) + "," +
                              csv::text_cell(text_in(one.run, "/start")) + "," +
                              csv::text_cell(text_in(one.run, "/tool/version")) + ",";
    for (const Record& row : one.run.records) text += start + csv::measurements_line(row);
  }
  return text;
}

const bool reframe_log_registered = Registry<Exporter>::add(
    {.about = {.kind = "export",
               .name = "reframe",
               .summary = "Lines of a ReFrame 4 performance log, with pass or fail",
               .metrics = {},
               .verification = "What was written is read back by the reader of such logs."},
     .text = reframe_log});
const bool long_csv_registered = Registry<Exporter>::add(
    {.about = {.kind = "export",
               .name = "csv",
               .summary = "Every row of one or several runs with run and date, for pandas and R",
               .metrics = {},
               .verification = "Its columns are those of measurements.csv, with three before."},
     .takes_several = true,
     .text = long_csv});

}  // namespace

}  // namespace assay::exports
