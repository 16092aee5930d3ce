/// @file
/// For services that watch benchmarks over time: Bencher's metric format (bencher.dev) and the
/// custom formats of github-action-benchmark.

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "probes/core/errors.hpp"
#include "reports/export/exporter.hpp"

namespace assay::exports {

namespace {

using nlohmann::json;

/// {"NAME": {"MEASURE": {"value": V, "lower_value": L, "upper_value": U}}}; the measure names
/// metric and unit, since Bencher has none for values.
std::string bencher(const std::vector<ExportedRun>& runs) {
  json all = json::object();
  for (const Series& series : series_of(runs.front().run)) {
    json measure = {{"value", series.value}};
    if (is_present(series.low) && is_present(series.high)) {
      measure["lower_value"] = series.low;
      measure["upper_value"] = series.high;
    }
    all[series.name]
       [valid_utf8(fmt::format("{} ({})", series.key.metric.str(), series.key.unit.str()))] =
           std::move(measure);
  }
  return all.dump(2) + "\n";
}

std::string github_action(const std::vector<ExportedRun>& runs, Better better) {
  json all = json::array();
  for (const Series& series : series_of(runs.front().run)) {
    if (series.better != better) continue;
    json entry = {{"name", series.name},
                  {"unit", valid_utf8(series.key.unit.str())},
                  {"value", series.value}};
    if (is_present(series.low) && is_present(series.high))
      entry["range"] = fmt::format("{:.6g} to {:.6g}", series.low, series.high);
    entry["extra"] = fmt::format("{} row{}{}", series.rows, series.rows == 1 ? "" : "s",
                                 series.trusted ? "" : ", untrusted");
    all.push_back(std::move(entry));
  }
  if (all.empty())
    throw InputError(runs.front().run.directory.string(), 0, "",
                     fmt::format("holds no metric of which {} is better",
                                 better == Better::lower ? "smaller" : "bigger"),
                     "a run with such a metric, or the other of the two formats");
  return all.dump(2) + "\n";
}

const bool bencher_registered = Registry<Exporter>::add(
    {.about = {.kind = "export",
               .name = "bencher",
               .summary = "Bencher Metric Format (JSON), for bencher run --adapter json",
               .metrics = {},
               .verification = "A test holds it against Bencher's published schema."},
     .text = bencher});
const bool smaller_registered = Registry<Exporter>::add(
    {.about = {.kind = "export",
               .name = "github-action-smaller",
               .summary = "github-action-benchmark's customSmallerIsBetter: times",
               .metrics = {},
               .verification = "A test holds it against the action's published format."},
     .text = [](const std::vector<ExportedRun>& runs) {
       return github_action(runs, Better::lower);
     }});
const bool bigger_registered = Registry<Exporter>::add(
    {.about = {.kind = "export",
               .name = "github-action-bigger",
               .summary = "github-action-benchmark's customBiggerIsBetter: rates",
               .metrics = {},
               .verification = "A test holds it against the action's published format."},
     .text = [](const std::vector<ExportedRun>& runs) {
       return github_action(runs, Better::higher);
     }});

}  // namespace

}  // namespace assay::exports
