#include "reports/gate/decide/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#define CSV_IO_NO_THREAD
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstringop-truncation"
#include <csv.h>
#pragma GCC diagnostic pop

#include "probes/core/errors.hpp"
#include "probes/run/run_directory.hpp"
#include "reports/gate/decide/instant.hpp"
#include "reports/gate/decide/sign_test.hpp"
#include "reports/gate/read/read_run_metrics.hpp"

namespace assay::gate {
namespace fs = std::filesystem;
namespace {

using SeriesByName = std::map<std::string, HistorySeries>;

const char* const expected =
    "a directory of run directories, or a CSV with time,label,metric,unit,better,value";

std::string text_in(const nlohmann::json& run, const char* key) {
  return run.contains(key) && run[key].is_string() ? run[key].get<std::string>() : "";
}

std::string label_of(const RunData& run) {
  if (run.run.contains("tool") && run.run["tool"].is_object()) {
    const std::string commit = text_in(run.run["tool"], "commit");
    if (!commit.empty() && commit != "unknown") return commit;
  }
  return run.directory.filename().string();
}

void add_run(const RunData& run, SeriesByName& all) {
  for (const auto& [name, reading] : run_metrics(run).readings) {
    if (reading.better == Better::neither) continue;
    HistorySeries& series = all[name];
    series.metric = name;
    series.unit = reading.unit;
    series.better = reading.better;
    series.points.push_back({text_in(run.run, "start"), label_of(run), representative(reading)});
  }
}

void read_directory(const std::string& store, SeriesByName& all,
                    std::vector<std::string>& warnings) {
  for (const fs::directory_entry& entry : fs::directory_iterator(store)) {
    std::error_code ignored;
    if (!fs::exists(entry.path() / "run.json", ignored)) continue;
    try {
      add_run(read_run(entry.path()), all);
    } catch (const InputError& fault) {
      warnings.push_back(fmt::format("left out of the history: {}", fault.what()));
    }
  }
}

void read_csv(const std::string& store, SeriesByName& all) {
  try {
    io::CSVReader<6, io::trim_chars<' '>, io::double_quote_escape<',', '"'>> reader(store);
    reader.read_header(io::ignore_extra_column, "time", "label", "metric", "unit", "better",
                       "value");
    std::string time, label, metric, unit, better;
    double value = 0;
    while (reader.read_row(time, label, metric, unit, better, value)) {
      if (better != "lower" && better != "higher")
        throw InputError(store, reader.get_file_line(), "better", fmt::format("is '{}'", better),
                         "lower or higher");
      if (!seconds_since_epoch(time))
        throw InputError(store, reader.get_file_line(), "time", fmt::format("is '{}'", time),
                         "a time such as 2026-03-01T10:00:00+01:00, or seconds since 1970");
      HistorySeries& series = all[metric];
      series.metric = metric;
      series.unit = unit;
      series.better = better == "higher" ? Better::higher : Better::lower;
      series.points.push_back({time, label, value});
    }
  } catch (const io::error::base& fault) {
    throw InputError(store, 0, "", fault.what(), expected);
  }
}

}  // namespace

std::vector<HistorySeries> read_history(const std::string& store,
                                        std::vector<std::string>& warnings) {
  SeriesByName all;
  std::error_code ignored;
  if (fs::is_directory(store, ignored))
    read_directory(store, all, warnings);
  else
    read_csv(store, all);
  if (all.empty()) throw InputError(store, 0, "", "holds no result", expected);
  std::vector<HistorySeries> result;
  for (auto& [name, series] : all) {
    // Offsets differ between machines, and so text does not order them. What is no time was
    // refused.
    std::stable_sort(series.points.begin(), series.points.end(), [](const auto& a, const auto& b) {
      return seconds_since_epoch(a.time).value_or(0) < seconds_since_epoch(b.time).value_or(0);
    });
    result.push_back(std::move(series));
  }
  return result;
}

namespace {

struct Searched {
  HistorySeries* series;
  std::size_t first;
  std::vector<double> logs;
  std::vector<FoundChange> changes;
  [[nodiscard]] double p_value() const {
    return std::min_element(changes.begin(), changes.end(),
                            [](const auto& a, const auto& b) { return a.p_value < b.p_value; })
        ->p_value;
  }
};

/// 999 permutations tell no p-value below 0.001, and one change among 100 metrics needs 0.0005: the
/// series that hardly any permutation beat get as many more as the correction asks of so many of
/// them, again while that leaves fewer of them. Fresh ones, so that the p-value stays one. All
/// series together take about 2 metrics / q each time.
void resolve(std::vector<Searched>& searched, const HistoryOptions& options) {
  ChangePointOptions change_options = options.search;
  while (true) {
    std::vector<Searched*> clear;
    for (Searched& one : searched)
      if (one.p_value() <= 2.0 / (1 + change_options.permutations)) clear.push_back(&one);
    if (clear.empty()) return;
    const int needed = static_cast<int>(std::ceil(2 * static_cast<double>(searched.size()) /
                                                  (options.q * static_cast<double>(clear.size()))));
    if (needed <= change_options.permutations) return;
    change_options.permutations = needed;
    ++change_options.seed;
    for (Searched* one : clear) one->changes = find_changes(one->logs, change_options);
  }
}

}  // namespace

void mark_changes(std::vector<HistorySeries>& all, const HistoryOptions& options) {
  std::vector<Searched> searched;
  for (HistorySeries& series : all) {
    series.changes.clear();
    const std::size_t first =
        series.points.size() > options.window ? series.points.size() - options.window : 0;
    std::vector<double> logs;
    for (std::size_t i = first; i < series.points.size(); ++i)
      logs.push_back(std::log(series.points[i].value));
    // A value that has no logarithm has no ratio either: such a series is shown, not searched.
    if (!std::all_of(logs.begin(), logs.end(), [](double value) { return std::isfinite(value); }))
      continue;
    std::vector<FoundChange> changes = find_changes(logs, options.search);
    if (changes.empty()) continue;
    searched.push_back({&series, first, std::move(logs), std::move(changes)});
  }
  resolve(searched, options);
  std::vector<double> p_values;
  for (const Searched& one : searched) p_values.push_back(one.p_value());
  // Series without any split to test count into the family no more than metrics that do not exist.
  const std::vector<double> q_values = benjamini_hochberg(p_values);
  for (std::size_t k = 0; k < searched.size(); ++k)
    for (const FoundChange& change : searched[k].changes) {
      const double q_value = std::max(q_values[k], change.p_value);
      const bool accepted =
          q_value <= options.q && std::abs(change.after - change.before) >= options.delta;
      searched[k].series->changes.push_back({change.index + searched[k].first,
                                             std::exp(change.before), std::exp(change.after),
                                             change.p_value, q_value, accepted});
    }
}

}  // namespace assay::gate
