#include "reports/import/google_benchmark.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "probes/core/number.hpp"
#include "reports/import/flop_names.hpp"
#include "reports/import/format.hpp"
#include "reports/import/json.hpp"

namespace assay::import {

namespace {

using nlohmann::json;

const char* const benchmark_json =
    "the output of a Google Benchmark program with --benchmark_format=json";

/// Members that are Google Benchmark's own; all other numbers are the user's counters.
bool is_own_member(const std::string& key) {
  static const std::set<std::string> own{"name",
                                         "family_index",
                                         "per_family_instance_index",
                                         "run_name",
                                         "run_type",
                                         "repetitions",
                                         "repetition_index",
                                         "threads",
                                         "iterations",
                                         "real_time",
                                         "cpu_time",
                                         "time_unit",
                                         "label",
                                         "error_occurred",
                                         "error_message",
                                         "skipped",
                                         "skip_message",
                                         "aggregate_name",
                                         "aggregate_unit",
                                         "big_o",
                                         "cpu_coefficient",
                                         "real_coefficient",
                                         "rms",
                                         "complexity_n"};
  return own.count(key) != 0;
}

bool is_true(const json& entry, const char* key) {
  const json& value = member(entry, key);
  return value.is_boolean() && value.get<bool>();
}

/// "BM_x" of "BM_x_median"; nothing where the name has no ending of an aggregate.
std::optional<std::pair<std::string, std::string>> aggregate_in(const std::string& name) {
  for (const char* end : {"_mean", "_median", "_stddev", "_cv", "_min", "_max"})
    if (name.ends_with(end) && name.size() > std::string_view(end).size())
      return std::pair(name.substr(0, name.size() - std::string_view(end).size()),
                       std::string(end + 1));
  return std::nullopt;
}

struct Row {
  const json* entry;
  std::string name;       ///< Of the run.
  std::string aggregate;  ///< Empty for a repetition.
};

/// Which rows are which, over all of them: old files tell only by the company of the names.
std::vector<Row> rows_of(const json& benchmarks, const std::string& what) {
  std::set<std::string> names;
  std::size_t index = 0;
  for (const json& entry : benchmarks) {
    if (!entry.is_object())
      throw InputError(what, 0, fmt::format("/benchmarks/{}", index), "is no object",
                       benchmark_json);
    const std::string name = text_at(entry, "name");
    if (name.empty())
      throw InputError(what, 0, fmt::format("/benchmarks/{}", index), "has no name",
                       benchmark_json);
    names.insert(name);
    ++index;
  }
  std::vector<Row> rows;
  for (const json& entry : benchmarks) {
    if (entry.contains("big_o") || entry.contains("rms")) continue;
    const std::string name = text_at(entry, "name"), type = text_at(entry, "run_type");
    if (type == "aggregate") {
      const std::string kind = text_at(entry, "aggregate_name");
      if (kind == "BigO" || kind == "RMS") continue;
      rows.push_back({&entry, text_at(entry, "run_name", name), kind.empty() ? "unnamed" : kind});
      continue;
    }
    const auto old = type.empty() ? aggregate_in(name) : std::nullopt;
    // The mean always comes with what spreads around it, or in the middle of it.
    const bool in_company =
        old && (names.count(old->first) != 0 || (names.count(old->first + "_mean") != 0 &&
                                                 (names.count(old->first + "_median") != 0 ||
                                                  names.count(old->first + "_stddev") != 0)));
    if (in_company)
      rows.push_back({&entry, old->first, old->second});
    else
      rows.push_back({&entry, name, ""});
  }
  return rows;
}

double seconds_per(const json& entry, const std::string& name, const std::string& what) {
  const std::string unit = text_at(entry, "time_unit", "ns");
  for (const auto& [known, seconds] :
       {std::pair("ns", 1e-9), {"us", 1e-6}, {"ms", 1e-3}, {"s", 1.0}})
    if (unit == known) return seconds;
  throw InputError(what, 0, "time_unit", fmt::format("is '{}' in {}", unit, name),
                   "ns, us, ms or s");
}

void read_times(const Row& row, const std::string& what, GoogleBenchmarkEntry& entry) {
  const double scale = seconds_per(*row.entry, row.name, what);
  for (const auto& [key, into] :
       {std::pair("real_time", &entry.real_time), {"cpu_time", &entry.cpu_time}}) {
    const json& value = member(*row.entry, key);
    if (value.is_null()) {
      if (row.entry->contains(key)) entry.message = fmt::format("{} is not finite", key);
      continue;
    }
    if (!value.is_number())
      throw InputError(what, 0, key, fmt::format("is {} in {}", shown(value), row.name),
                       "a number");
    const double seconds = value.get<double>() * scale;
    if (!std::isfinite(seconds) || seconds > 1e10)
      throw InputError(what, 0, key, fmt::format("is {} in {}", shown(value), row.name),
                       "a time below 300 years");
    if (seconds > 0)
      *into = seconds;
    else if (std::string_view(key) == "real_time")
      entry.message = fmt::format("real_time is {:g}", seconds);
  }
  if (entry.real_time > 0) {
    entry.message.clear();
    return;
  }
  if (!row.entry->contains("real_time"))
    throw InputError(what, 0, row.name, "has no real_time", benchmark_json);
  entry.absence = "error";
}

GoogleBenchmarkEntry entry_of(const Row& row, const std::string& what) {
  GoogleBenchmarkEntry entry{.name = row.name};
  if (const json& threads = member(*row.entry, "threads"); threads.is_number_integer())
    entry.threads = std::max<std::int64_t>(1, threads.get<std::int64_t>());
  if (is_true(*row.entry, "skipped") || is_true(*row.entry, "error_occurred")) {
    const bool skipped = is_true(*row.entry, "skipped");
    entry.absence = skipped ? "skipped" : "error";
    entry.message = skipped
                        ? text_at(*row.entry, "skip_message", text_at(*row.entry, "error_message"))
                        : text_at(*row.entry, "error_message");
    if (entry.message.empty()) entry.message = "without a message";
    return entry;
  }
  read_times(row, what, entry);
  for (const auto& [key, value] : row.entry->items())
    if (value.is_number() && !is_own_member(key))
      if (const auto number = number_of(value)) entry.counters[key] = *number;
  return entry;
}

/// Takes "/ranks:8" out of a name; nothing when it is not there.
std::optional<std::int64_t> take_number(std::string& name, const std::string& key,
                                        const Document& document) {
  const std::size_t at = name.find(key);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t begin = at + key.size();
  const std::size_t end = std::min(name.find('/', begin), name.size());
  const std::int64_t count =
      count_in(document, 0, name, std::string_view(name).substr(begin, end - begin));
  name.erase(at, end - at);
  return count;
}

void add(const Document& document, const GoogleBenchmarkEntry& entry, Imported& imported) {
  std::string name = entry.name;
  Record key{
      .probe = "workload.exec", .metric = "step_time", .unit = unit::seconds, .scaling = "strong"};
  const auto ranks = take_number(name, "/ranks:", document);
  key.ranks = ranks ? *ranks : entry.threads;
  static_cast<void>(take_number(name, "/threads:", document));
  if (const auto nodes = take_number(name, "/nodes:", document)) key.nodes = *nodes;
  if (is_present(key.nodes) && key.ranks < key.nodes)
    document.refuse(0, "",
                    fmt::format("{}: {} ranks on {} nodes", entry.name, key.ranks, key.nodes),
                    "at least one rank on each node: /ranks:N beside /nodes:N in the name");
  key.operation = name;
  if (!entry.absence.empty()) {
    imported.records.push_back(without_value(
        key, entry.absence == "skipped" ? skipped(entry.message) : incorrect(entry.message)));
    return;
  }
  imported.records.push_back(with_value(key, entry.real_time));
  for (const auto& [counter, value] : entry.counters) {
    const std::optional<FlopName> flops = flop_rate_name(counter);
    if (!flops || !(value > 0)) continue;
    // A product of matrices is the roof that programs can reach; other kernels are points.
    const bool is_gemm = is_gemm_name(name);
    Record rate{.probe = is_gemm ? "compute.peak_flops" : "workload.exec",
                .metric = "rate",
                .unit = unit::flops_per_second,
                .dtype = dtype_in_name(name),
                .operation = name};
    imported.records.push_back(
        with_value(rate, checked_rate(document, 0, counter, value * flops->scale)));
  }
}

Imported read(const Document& document) {
  Imported imported;
  std::map<std::string, int> launches;
  for (const GoogleBenchmarkEntry& entry :
       google_benchmark_entries(*document.json, document.file)) {
    const std::size_t first = imported.records.size();
    add(document, entry, imported);
    const std::string launch = std::to_string(++launches[entry.name]);
    for (std::size_t i = first; i < imported.records.size(); ++i)
      imported.records[i].launch = launch;
  }
  return imported;
}

bool recognises(const Document& document) {
  if (!document.json || !has_list(*document.json, "benchmarks")) return false;
  const json& root = *document.json;
  // pytest-benchmark has a list of the same name.
  if (root.contains("machine_info") || root.contains("commit_info")) return false;
  const json& list = root["benchmarks"];
  return root.contains("context") || list.empty() || !list[0].is_object() ||
         !list[0].contains("stats");
}

const bool registered = Registry<Format>::add(
    {.about = format_description(
         "google-benchmark",
         "Google Benchmark's JSON of all versions; ranks from \"/ranks:8\" in a name, else from "
         "threads",
         "Aggregates, complexity fits, skipped and failed rows never pass for a time."),
     .recognises = recognises,
     .read = read});

}  // namespace

std::vector<GoogleBenchmarkEntry> google_benchmark_entries(const json& document,
                                                           const std::string& what) {
  if (!has_list(document, "benchmarks"))
    throw InputError(what, 0, "", "has no array \"benchmarks\"", benchmark_json);
  const std::vector<Row> rows = rows_of(document["benchmarks"], what);
  // Of aggregates alone the median stands for the benchmark, and before there was one, the mean.
  std::map<std::string, std::string> kinds;
  for (const char* kind : {"mean", "median", ""})
    for (const Row& row : rows)
      if (row.aggregate == kind) kinds[row.name] = kind;
  std::vector<GoogleBenchmarkEntry> entries;
  for (const Row& row : rows) {
    const auto kind = kinds.find(row.name);
    if (kind == kinds.end() || row.aggregate != kind->second) continue;
    entries.push_back(entry_of(row, what));
  }
  if (entries.empty()) throw InputError(what, 0, "", "holds no benchmark", benchmark_json);
  return entries;
}

}  // namespace assay::import
