#include "probes/cli/job_options.hpp"
#include "probes/run/file_reading.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <cmath>

#include "probes/cli/command.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/units.hpp"

namespace assay {

namespace po = boost::program_options;

namespace {

std::string text_of(const toml::node& node) {
  if (const auto text = node.value<std::string>(); text && node.is_string()) return *text;
  if (const auto whole = node.value<std::int64_t>(); whole && node.is_integer())
    return fmt::format("{}", *whole);
  if (const auto real = node.value<double>(); real && node.is_floating_point())
    return fmt::format("{}", *real);
  if (const auto* list = node.as_array()) {
    std::string joined;
    for (const toml::node& element : *list)
      joined += (joined.empty() ? "" : ",") + text_of(element);
    return joined;
  }
  return "";
}

const JobOption& option_named(const std::string& name) {
  const auto& all = job_options();
  return *std::find_if(all.begin(), all.end(),
                       [&](const JobOption& option) { return option.name == name; });
}

double number_of(const JobText& given, const char* expected, bool may_be_zero) {
  double value = 0;
  const char* const last = given.text.data() + given.text.size();
  const auto [end, error] = std::from_chars(given.text.data(), last, value);
  // What lies beyond 1e30 is a typing slip, and its products leave the range of numbers.
  if (error != std::errc() || end != last || !std::isfinite(value) || value < 0 ||
      (value == 0 && !may_be_zero) || value > 1e30)
    throw UsageError(fmt::format("{} {}; expected {}", given.where, given.text, expected));
  return value;
}

double above_zero(double value, const JobText& given, const char* expected) {
  if (value <= 0)
    throw UsageError(fmt::format("{} {}; expected {}", given.where, given.text, expected));
  return value;
}

double value_of(const JobOption& option, const JobText& given) {
  switch (option.value) {
    case JobValue::text:
      return 0;
    case JobValue::positive:
      return number_of(given, "a number above 0", false);
    case JobValue::not_negative:
      return number_of(given, "a number of at least 0", true);
    case JobValue::time:
      return parse_seconds(given.text, given.where).value();
    case JobValue::positive_time:
      return above_zero(parse_seconds(given.text, given.where).value(), given,
                        "a time above 0, as in 30h");
    case JobValue::size:
      return parse_bytes(given.text, given.where).value();
    case JobValue::positive_size:
      return above_zero(parse_bytes(given.text, given.where).value(), given,
                        "a size above 0, as in 80GB");
  }
  return 0;
}

std::vector<JobOption> price_and_limit_options() {
  using enum JobValue;
  return {
      {.name = "prices",
       .value_name = "FILE",
       .description = "Price list: CSV (name,price_per_hour,currency,as_of,relative_speed,"
                      "memory_gib,max_nodes,network_gbps,coordination_floor_per_hour), or a "
                      "SkyPilot catalogue",
       .is_common = true},
      {.name = "region",
       .value_name = "NAME",
       .description = "Of the price list, where it holds several",
       .is_common = true},
      {.name = "match",
       .value_name = "TEXT",
       .description = "Node types of the price list: a part of their names, or a pattern with *",
       .is_common = true},
      {.name = "price-date",
       .value_name = "DATE",
       .description = "Of a catalogue that has none, YYYY-MM-DD (default: the date of the file)"},
      {.name = "steps",
       .value_name = "N",
       .description = "Measured steps in the whole job",
       .value = positive,
       .default_text = "1",
       .is_common = true},
      {.name = "results",
       .value_name = "N",
       .description = "Results the job yields; cost is per one of them",
       .value = positive,
       .default_text = "1",
       .is_common = true},
      {.name = "deadline",
       .value_name = "TIME",
       .description = "The job has to be done within it, with probability 0.9, e.g. 30h",
       .value = positive_time,
       .is_common = true},
      {.name = "budget",
       .value_name = "P",
       .description = "The job may cost so much",
       .value = positive},
      {.name = "fixed-cost",
       .value_name = "P",
       .description = "Once per job",
       .value = not_negative,
       .default_text = "0"},
      {.name = "value-per-hour",
       .value_name = "P",
       .description = "What an hour of waiting costs",
       .value = not_negative,
       .default_text = "0"}};
}

std::vector<JobOption> failure_and_memory_options() {
  using enum JobValue;
  return {
      {.name = "node-mtbf",
       .value_name = "TIME",
       .description = "Mean time between failures of one node; without it failures are left out",
       .value = positive_time},
      {.name = "checkpoint",
       .value_name = "TIME",
       .description = "Time of one checkpoint",
       .value = time,
       .default_text = "0s"},
      {.name = "restart",
       .value_name = "TIME",
       .description = "Time of one restart",
       .value = time,
       .default_text = "0s"},
      {.name = "working-set",
       .value_name = "SIZE",
       .description = "Split over the nodes; without it memory is left out",
       .value = positive_size},
      {.name = "replicated",
       .value_name = "SIZE",
       .description = "State that every node holds in full",
       .value = size,
       .default_text = "0B"},
      {.name = "buffers",
       .value_name = "SIZE",
       .description = "Buffers per node",
       .value = size,
       .default_text = "0B"},
      {.name = "ranks-per-node",
       .value_name = "N",
       .description = "Measured ranks one node holds (default: as measured)",
       .value = positive},
      {.name = "nodes", .value_name = "LIST", .description = "Node counts to consider"},
      {.name = "subject",
       .value_name = "TEXT",
       .description = "Which workload of the run, where there are several"},
      {.name = "tier",
       .value_name = "NAME=RANKS",
       .description = "A border of the network and the ranks inside it, e.g. rack=128; may repeat",
       .is_repeatable = true}};
}

}  // namespace

const std::vector<JobOption>& job_options() {
  static const std::vector<JobOption> options = [] {
    std::vector<JobOption> all = price_and_limit_options();
    for (JobOption& option : failure_and_memory_options()) all.push_back(std::move(option));
    return all;
  }();
  return options;
}

namespace {

/// Every part of a dotted key and every bracket is a level, and what walks the levels is recursive.
void check_toml_depth(const std::string& source, const std::string& file) {
  constexpr int most_parts = 1024;
  std::size_t line = 1;
  int in_line = 0;
  for (const char c : source) {
    if (c == '\n') {
      ++line;
      in_line = 0;
    } else if (c == '.' || c == '[' || c == '{') {
      if (++in_line > most_parts)
        throw InputError(file, line, "", "has thousands of dots and brackets in a line",
                         "keys of one part and flat lists");
    }
  }
}

}  // namespace

std::map<std::string, std::string> read_toml_values(const std::string& file,
                                                    const std::vector<std::string>& known) {
  const std::string source = read_text_file(file, "a TOML file", most_bytes_of_settings);
  check_toml_depth(source, file);
  toml::table job;
  try {
    job = toml::parse(source, file);
  } catch (const toml::parse_error& error) {
    throw InputError(file, error.source().begin.line, "", std::string(error.description()),
                     "a TOML file");
  }
  std::map<std::string, std::string> values;
  for (const auto& [key, value] : job) {
    const std::string name(key.str());
    const auto line = static_cast<std::size_t>(value.source().begin.line);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const std::string near = nearest_name(name, known);
      throw InputError(file, line, name, "unknown key",
                       near.empty() ? fmt::format("one of {}", fmt::join(known, ", "))
                                    : fmt::format("{}; without this line the others hold", near));
    }
    const std::string text = text_of(value);
    if (text.empty())
      throw InputError(file, line, name, "neither text nor number nor a list", "a value");
    values[name] = text;
  }
  return values;
}

void add_job_options(po::options_description& options) {
  options.add_options()(
      "job", po::value<std::string>()->value_name("FILE"),
      "TOML file that says what the machines are to be bought for, by the names of "
      "assay plan buy, e.g. deadline = \"30h\"");
  for (const JobOption& option : job_options())
    if (option.is_common)
      options.add_options()(option.name.c_str(),
                            po::value<std::string>()->value_name(option.value_name),
                            option.description.c_str());
}

JobTexts read_job(const po::variables_map& values) {
  JobTexts job;
  if (values.count("job") != 0) {
    const auto& file = values["job"].as<std::string>();
    std::vector<std::string> known;
    for (const JobOption& option : job_options()) known.push_back(option.name);
    for (const auto& [name, text] : read_toml_values(file, known))
      job[name] = {text, fmt::format("{}: {}", file, name)};
  }
  for (const JobOption& option : job_options())
    if (option.is_common && values.count(option.name) != 0)
      job[option.name] = {values[option.name].as<std::string>(), "--" + option.name};
  for (const auto& [name, given] : job) static_cast<void>(value_of(option_named(name), given));
  return job;
}

nlohmann::json to_json(const JobTexts& job) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, given] : job) json[name] = given.text;
  return json;
}

JobTexts job_from_json(const nlohmann::json& json, const std::string& where) {
  JobTexts job;
  if (!json.is_object()) return job;
  for (const JobOption& option : job_options())
    if (const auto found = json.find(option.name); found != json.end() && found->is_string())
      job[option.name] = {found->get<std::string>(), fmt::format("{}: {}", where, option.name)};
  return job;
}

std::optional<double> job_number(const JobTexts& job, const std::string& name) {
  const JobOption& option = option_named(name);
  if (const auto given = job.find(name); given != job.end()) return value_of(option, given->second);
  if (option.default_text.empty()) return std::nullopt;
  return value_of(option, {option.default_text, name});
}

}  // namespace assay
