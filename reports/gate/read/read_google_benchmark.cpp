#include "reports/gate/read/read_google_benchmark.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "probes/core/units.hpp"
#include "reports/import/google_benchmark.hpp"
#include "reports/import/json.hpp"

namespace assay::gate {
namespace {

using nlohmann::json;
using Entry = import::GoogleBenchmarkEntry;

/// Counters that a pattern names, as NAME/COUNTER.
template <class Visit>
void for_each_counter(const Entry& entry, const std::vector<std::regex>& patterns, Visit visit) {
  if (patterns.empty()) return;
  for (const auto& [key, value] : entry.counters) {
    const std::string counter = entry.name + "/" + key;
    if (std::any_of(patterns.begin(), patterns.end(),
                    [&](const auto& each) { return std::regex_search(counter, each); }))
      visit(counter, key, value);
  }
}

void add_exact_counters(const Entry& entry, const GoogleBenchmarkOptions& options, Launch& launch) {
  for_each_counter(entry, options.exact,
                   [&](const std::string& counter, const std::string&, double value) {
                     Reading& reading = launch.readings[counter];
                     reading.unit = unit::one;
                     reading.better = Better::neither;
                     reading.kind = MetricKind::exact;
                     reading.values.push_back(value);
                   });
}

/// False where no pattern names one.
bool add_counters(const Entry& entry, const GoogleBenchmarkOptions& options, Launch& launch) {
  bool any = false;
  for_each_counter(entry, options.counters,
                   [&](const std::string& counter, const std::string& key, double value) {
                     Reading& reading = launch.readings[counter];
                     reading.unit = unit::is_known(key) ? key : std::string(unit::one);
                     const bool is_rate = key.ends_with("/s") || key.ends_with("_per_second");
                     reading.better = is_rate ? Better::higher : Better::lower;
                     reading.values.push_back(value);
                     any = true;
                   });
  return any;
}

}  // namespace

Launch read_google_benchmark(std::string_view text, const std::string& what,
                             const GoogleBenchmarkOptions& options) {
  const import::Document document = import::decode(std::string(text), what);
  const json none;
  Launch launch;
  for (const Entry& entry :
       import::google_benchmark_entries(document.json ? *document.json : none, what)) {
    if (!entry.absence.empty()) {
      launch.absences[entry.name] = entry.absence + ": " + entry.message;
      continue;
    }
    const double seconds = options.cpu_time ? entry.cpu_time : entry.real_time;
    if (seconds <= 0) {
      launch.absences[entry.name] = "error: cpu_time is 0 or missing";
      continue;
    }
    add_exact_counters(entry, options, launch);
    if (add_counters(entry, options, launch)) continue;
    Reading& reading = launch.readings[entry.name];
    reading.unit = unit::seconds;
    reading.better = Better::lower;
    reading.values.push_back(seconds);
  }
  // One failed repetition makes the others suspect too.
  for (const auto& [name, reason] : launch.absences)
    std::erase_if(launch.readings, [whole = name, start = name + "/"](const auto& reading) {
      return reading.first == whole || reading.first.starts_with(start);
    });
  return launch;
}

json google_benchmark_context(std::string_view text) {
  const import::Document document = import::decode(std::string(text), "context");
  return document.json ? import::member(*document.json, "context") : json();
}

}  // namespace assay::gate
