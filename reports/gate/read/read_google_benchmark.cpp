#include "reports/gate/read/read_google_benchmark.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "probes/core/errors.hpp"
#include "probes/core/units.hpp"

namespace assay::gate {
namespace {

using nlohmann::json;

const char* const benchmark_json =
    "the output of a Google Benchmark program with --benchmark_format=json";

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// Seconds per time_unit; 0 for an unknown one.
double seconds_per(const std::string& time_unit) {
  if (time_unit == "ns" || time_unit.empty()) return 1e-9;
  if (time_unit == "us") return 1e-6;
  if (time_unit == "ms") return 1e-3;
  if (time_unit == "s") return 1;
  return 0;
}

/// Members of an entry that its author counted and that a pattern names, as NAME/COUNTER.
template <class Visit>
void for_each_counter(const json& entry, const std::string& name,
                      const std::vector<std::regex>& patterns, Visit visit) {
  if (patterns.empty()) return;
  for (const auto& [key, value] : entry.items()) {
    const std::string counter = name + "/" + key;
    if (value.is_number() && std::any_of(patterns.begin(), patterns.end(), [&](const auto& each) {
          return std::regex_search(counter, each);
        }))
      visit(counter, key, value.template get<double>());
  }
}

void add_exact_counters(const json& entry, const std::string& name,
                        const GoogleBenchmarkOptions& options, Launch& launch) {
  for_each_counter(entry, name, options.exact,
                   [&](const std::string& counter, const std::string&, double value) {
                     Reading& reading = launch.readings[counter];
                     reading.unit = unit::one;
                     reading.better = Better::neither;
                     reading.kind = MetricKind::exact;
                     reading.values.push_back(value);
                   });
}

/// False where no pattern names one.
bool add_counters(const json& entry, const std::string& name, const GoogleBenchmarkOptions& options,
                  Launch& launch) {
  bool any = false;
  for_each_counter(entry, name, options.counters,
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
  json document;
  try {
    document = json::parse(text);
  } catch (const json::parse_error& fault) {
    throw InputError(
        what, 0, "",
        fmt::format("is not JSON, or was cut off (byte {} of {})", fault.byte, text.size()),
        benchmark_json);
  } catch (const json::out_of_range&) {
    throw InputError(what, 0, "", "holds a number that is too large", benchmark_json);
  }
  const auto benchmarks = document.is_object() ? document.find("benchmarks") : document.end();
  if (!document.is_object() || benchmarks == document.end() || !benchmarks->is_array())
    throw InputError(what, 0, "", "has no array \"benchmarks\"", benchmark_json);

  Launch launch;
  std::set<std::string> with_repetitions;
  for (const json& entry : *benchmarks)
    if (entry.is_object() && text_of(entry, "run_type") != "aggregate")
      with_repetitions.insert(text_of(entry, "name"));

  for (const json& entry : *benchmarks) {
    if (!entry.is_object())
      throw InputError(what, 0, "", "holds a benchmark that is no object", benchmark_json);
    std::string name = text_of(entry, "name");
    if (text_of(entry, "run_type") == "aggregate") {
      const std::string run_name = text_of(entry, "run_name");
      if (text_of(entry, "aggregate_name") != "median" || with_repetitions.count(run_name) != 0)
        continue;
      name = run_name;
    }
    if (name.empty())
      throw InputError(what, 0, "", "holds a benchmark without a name", benchmark_json);
    const auto failed = entry.find("error_occurred");
    if (failed != entry.end() && failed->is_boolean() && failed->get<bool>()) {
      launch.absences[name] = "error: " + text_of(entry, "error_message");
      continue;
    }
    const char* const member = options.cpu_time ? "cpu_time" : "real_time";
    const auto time = entry.find(member);
    const double scale = seconds_per(text_of(entry, "time_unit"));
    // Complexity fits (BigO, RMS) are entries without a time of their own.
    if (time == entry.end() || !time->is_number()) continue;
    if (scale == 0)
      throw InputError(what, 0, "time_unit",
                       fmt::format("is '{}' in {}", text_of(entry, "time_unit"), name),
                       "ns, us, ms or s");
    const double seconds = time->get<double>() * scale;
    if (!std::isfinite(seconds) || seconds <= 0) {
      launch.absences[name] = fmt::format("{} is {}", member, seconds);
      continue;
    }
    add_exact_counters(entry, name, options, launch);
    if (add_counters(entry, name, options, launch)) continue;
    Reading& reading = launch.readings[name];
    reading.unit = unit::seconds;
    reading.better = Better::lower;
    reading.values.push_back(seconds);
  }
  // One failed repetition makes the others suspect too.
  for (const auto& [name, reason] : launch.absences)
    std::erase_if(launch.readings, [whole = name, start = name + "/"](const auto& reading) {
      return reading.first == whole || reading.first.starts_with(start);
    });
  if (launch.readings.empty() && launch.absences.empty())
    throw InputError(what, 0, "", "holds no benchmark", benchmark_json);
  return launch;
}

json google_benchmark_context(std::string_view text) {
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object() || !document.contains("context")) return nullptr;
  return document["context"];
}

}  // namespace assay::gate
