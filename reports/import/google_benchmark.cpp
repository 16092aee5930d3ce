#include <fmt/format.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "probes/core/errors.hpp"
#include "reports/import/import.hpp"

namespace assay::import {

namespace {

double seconds_per(const std::string& time_unit, const std::string& file, const std::string& name) {
  static const std::map<std::string, double> units{
      {"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}};
  const auto found = units.find(time_unit);
  if (found == units.end())
    throw InputError(file, 0, name, fmt::format("time_unit \"{}\"", time_unit), "ns, us, ms or s");
  return found->second;
}

/// Takes "/ranks:8" out of a name; nothing when it is not there or not a number.
std::optional<std::int64_t> take_ranks(std::string& name) {
  const std::size_t at = name.find("/ranks:");
  if (at == std::string::npos) return std::nullopt;
  const std::size_t begin = at + 7;
  const std::size_t end = std::min(name.find('/', begin), name.size());
  const std::string digits = name.substr(begin, end - begin);
  if (digits.empty() || digits.size() > 9 ||
      digits.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  name.erase(at, end - at);
  return std::stoll(digits);
}

/// Google Benchmark appends "/threads:8" itself.
void drop_threads(std::string& name) {
  if (const std::size_t at = name.find("/threads:"); at != std::string::npos)
    name.erase(at, name.find('/', at + 1) - at);
}

Record record_of(const nlohmann::json& entry, const std::string& file) {
  std::string name = entry.at("name").get<std::string>();
  Record key{.probe = "workload.exec",
             .metric = "step_time",
             .unit = unit::seconds,
             .scaling = "strong",
             .samples = 1};
  const std::optional<std::int64_t> ranks = take_ranks(name);
  key.ranks = ranks ? *ranks : entry.value("threads", std::int64_t{1});
  drop_threads(name);
  key.operation = name;
  if (entry.value("error_occurred", false))
    return without_value(
        key, incorrect(entry.value("error_message", "the benchmark reported an error")));
  const double time =
      entry.at("real_time").get<double>() * seconds_per(entry.value("time_unit", "ns"), file, name);
  if (!(time > 0))
    throw InputError(file, 0, name, fmt::format("real_time {}", time), "a time above 0");
  key.median = time;
  return key;
}

}  // namespace

std::vector<Record> read_google_benchmark(const std::filesystem::path& path) {
  const std::string file = path.string();
  const std::string expected =
      "Google Benchmark JSON with a list \"benchmarks\" of name, real_time, time_unit";
  std::vector<Record> records;
  try {
    const nlohmann::json json = nlohmann::json::parse(std::ifstream(path));
    std::map<std::pair<std::string, std::int64_t>, int> launches;
    for (const nlohmann::json& entry : json.at("benchmarks")) {
      if (entry.value("run_type", "iteration") == "aggregate") continue;
      records.push_back(record_of(entry, file));
      Record& record = records.back();
      record.launch = std::to_string(++launches[{record.operation.str(), record.ranks}]);
    }
  } catch (const nlohmann::json::exception& fault) {
    throw InputError(file, 0, "", fault.what(), expected);
  }
  if (records.empty()) throw InputError(file, 0, "", "no benchmarks", expected);
  return records;
}

}  // namespace assay::import
