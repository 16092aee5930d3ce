/// @file
/// For services that watch benchmarks over time: Bencher's metric format (bencher.dev) and the
/// custom formats of github-action-benchmark.

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "probes/core/errors.hpp"
#include "reports/export/exporter.hpp"

namespace assay::exports {

namespace {

using nlohmann::json;

/// Bencher refuses longer names: 1024 characters of a benchmark's, 64 of a measure's. What is cut
/// off stands as a checksum, so that two names stay two.
std::string at_most(const std::string& name, std::size_t longest) {
  std::size_t characters = 0;
  for (const char c : name) characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  if (characters <= longest) return name;
  std::uint64_t checksum = 14695981039346656037ULL;  // FNV-1a
  for (const char c : name)
    checksum = (checksum ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  const std::string mark = fmt::format(" {:016x}", checksum);
  std::size_t end = 0, kept = 0;
  for (; end < name.size(); ++end)
    if ((static_cast<unsigned char>(name[end]) & 0xC0) != 0x80 && kept++ == longest - mark.size())
      break;
  return name.substr(0, end) + mark;
}

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
    const std::string measured =
        valid_utf8(fmt::format("{} ({})", series.key.metric.str(), series.key.unit.str()));
    all[at_most(series.name, 1024)][at_most(measured, 64)] = std::move(measure);
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
