/// @file
/// Programs that time other programs or functions, as JSON: hyperfine, pytest-benchmark, criterion.

#include <fmt/format.h>

#include <map>

#include "probes/core/number.hpp"
#include "reports/import/format.hpp"
#include "reports/import/json.hpp"
#include "reports/import/launch_line.hpp"
#include "reports/import/times_columns.hpp"

namespace assay::import::timers {

namespace {

using nlohmann::json;

/// What the parameters of a benchmark say of where it ran, by the names that people give columns of
/// a table of times; all others are settings that make other measurements.
struct Parameters {
  std::int64_t ranks = absent_count, nodes = absent_count, threads = absent_count;
  std::string rank_name, rank_number;  ///< Of the parameter that gives the ranks.
  std::string settings;                ///< " n=100 solver=cg".
};

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Parameters parameters_of(const Document& document, const json& parameters) {
  using times_csv::Meaning;
  Parameters out;
  if (!parameters.is_object()) return out;
  const auto find = [&](Meaning meaning) {
    for (const auto& [name, value] : parameters.items())
      if (times_csv::meaning_of(name).meaning == meaning) return name;
    return std::string();
  };
  const auto count = [&](const std::string& name) {
    return name.empty() ? absent_count : count_in(document, 0, name, text_of(parameters[name]));
  };
  const std::string nodes = find(Meaning::nodes), per_node = find(Meaning::per_node),
                    threads = find(Meaning::threads);
  out.rank_name = find(Meaning::ranks);
  out.nodes = count(nodes);
  if (out.rank_name.empty() && (nodes.empty() || per_node.empty())) {
    // Without ranks, cores or nodes are what was scaled over.
    out.rank_name = threads.empty() ? nodes : threads;
  } else if (out.rank_name.empty()) {
    out.ranks = out.nodes * count(per_node);
  }
  if (!out.rank_name.empty()) {
    out.ranks = count(out.rank_name);
    out.rank_number = text_of(parameters[out.rank_name]);
    if (is_present(out.nodes) && out.ranks < out.nodes)
      document.refuse(0, out.rank_name, fmt::format("{} on {} nodes", out.ranks, out.nodes),
                      "at least one rank on each node");
  }
  if (threads != out.rank_name) out.threads = count(threads);
  for (const auto& [name, value] : parameters.items())
    if (name != out.rank_name && name != nodes && name != per_node && name != threads)
      out.settings += fmt::format(" {}={}", name, text_of(value));
  return out;
}

/// "mpirun -np {np} ./a" of "mpirun -np 4 ./a": with the number in it each rank count would be a
/// study of its own. Of several numbers alike the one behind an option is meant, else the first.
std::string without_ranks(const std::string& command, const Parameters& parameters) {
  const std::string& number = parameters.rank_number;
  if (number.empty()) return command;
  const auto is_digit = [&](std::size_t at) {
    return at < command.size() &&
           ((command[at] >= '0' && command[at] <= '9') || command[at] == '.');
  };
  std::optional<std::size_t> place;
  bool behind_option = false;
  for (std::size_t at = command.find(number); at != std::string::npos;
       at = command.find(number, at + 1)) {
    if ((at > 0 && is_digit(at - 1)) || is_digit(at + number.size())) continue;
    const std::size_t blank = at == 0 ? std::string::npos : command.find_last_not_of(' ', at - 1);
    const std::size_t word =
        blank == std::string::npos ? std::string::npos : command.find_last_of(' ', blank);
    const bool is_option =
        blank != std::string::npos &&
        (command[blank] == '=' || command[word == std::string::npos ? 0 : word + 1] == '-');
    if (place && (behind_option || !is_option)) continue;
    place = at;
    behind_option = is_option;
  }
  if (!place) return command;
  std::string out = command;
  return out.replace(*place, number.size(), fmt::format("{{{}}}", parameters.rank_name));
}

std::vector<double> seconds_of(const Document& document, const json& times,
                               const std::string& where) {
  std::vector<double> values;
  for (const json& time : times) {
    const auto value = number_of(time);
    if (!value) document.refuse(0, where, fmt::format("holds {}", shown(time)), "times in s");
    values.push_back(checked_seconds(document, 0, where, *value));
  }
  return values;
}

void place(Record& key, const Parameters& parameters) {
  key.ranks = parameters.ranks;
  key.nodes = parameters.nodes;
  key.threads = parameters.threads;
}

Record step(const std::string& name) {
  return {.probe = "workload.exec",
          .metric = "step_time",
          .unit = unit::seconds,
          .operation = name,
          .scaling = "strong",
          .launch = "1"};
}

// --- hyperfine ---

const char* const hyperfine_results = "results as hyperfine --export-json writes them";

/// 0 for none.
double mean_of(const json& times) {
  double sum = 0;
  for (const json& time : times) sum += number_of(time).value_or(0);
  return times.empty() ? 0 : sum / static_cast<double>(times.size());
}

/// Ranks that the command itself launches are those of the measurement, whatever was swept.
Parameters hyperfine_parameters(const Document& document, const std::string& command,
                                const json& result) {
  Parameters parameters = parameters_of(document, member(result, "parameters"));
  const auto launched = launched_ranks(command);
  if (!launched || launched->ranks == parameters.ranks) return parameters;
  if (is_present(parameters.nodes) && launched->ranks < parameters.nodes) return parameters;
  parameters.ranks = launched->ranks;
  parameters.rank_number = std::to_string(launched->ranks);
  parameters.rank_name = "ranks";
  return parameters;
}

Imported read_hyperfine(const Document& document) {
  Imported imported;
  std::size_t index = 0;
  std::map<std::string, int> launches;  // A command may be given twice.
  for (const json& result : (*document.json)["results"]) {
    const std::string where = fmt::format("/results/{}", index++);
    const std::string command = text_at(result, "command");
    if (command.empty()) document.refuse(0, where + "/command", "is missing", hyperfine_results);
    const Parameters parameters = hyperfine_parameters(document, command, result);
    Record key = step(without_ranks(command, parameters));
    place(key, parameters);
    // What was swept in --setup or --prepare does not stand in the command.
    const std::string rest = key.operation.str();
    for (const auto& [name, value] : member(result, "parameters").items())
      if (name != parameters.rank_name && rest.find(text_of(value)) == std::string::npos)
        key.operation = fmt::format("{} {}={}", key.operation.str(), name, text_of(value));
    const std::string subject =
        fmt::format("{} {} {} {}", key.operation.str(), key.ranks, key.nodes, key.threads);
    // A decimal comma in a list of numbers makes two of one.
    const json &times = member(result, "times"), &codes = member(result, "exit_codes");
    if (times.is_array() && codes.is_array() && times.size() != codes.size())
      document.refuse(0, where + "/times",
                      fmt::format("{} times and {} exit codes", times.size(), codes.size()),
                      "as many of each");
    if (const auto mean = number_of(member(result, "mean")); mean && times.is_array())
      require_agreement(document, 0, where + "/mean", *mean, mean_of(times), "the list of times");
    bool failed = false;
    for (const json& code : member(result, "exit_codes"))
      failed |= !code.is_number_integer() || code.get<std::int64_t>() != 0;
    if (failed) {
      imported.records.push_back(
          without_value(key, incorrect("hyperfine saw an exit code that is not 0")));
      continue;
    }
    // Each time is a fresh process: a launch.
    if (has_list(result, "times") && !result["times"].empty())
      for (const double seconds : seconds_of(document, result["times"], where + "/times")) {
        key.launch = std::to_string(++launches[subject]);
        imported.records.push_back(with_value(key, seconds));
      }
    else {
      key.launch = std::to_string(++launches[subject]);
      imported.records.push_back(with_value(
          key, checked_seconds(document, 0, where + "/mean",
                               number_at(document, result, "mean", where, hyperfine_results))));
    }
  }
  if (imported.records.empty()) document.refuse(0, "/results", "are empty", hyperfine_results);
  return imported;
}

bool is_hyperfine(const Document& document) {
  if (!document.json || !has_list(*document.json, "results")) return false;
  const json& results = (*document.json)["results"];
  return results.empty() ? document.json->size() == 1 : results[0].contains("command");
}

// --- pytest-benchmark ---

const char* const pytest_benchmarks = "benchmarks as pytest --benchmark-json writes them";

Imported read_pytest(const Document& document) {
  Imported imported;
  std::size_t index = 0;
  Stated last_stated;
  for (const json& benchmark : (*document.json)["benchmarks"]) {
    const std::string where = fmt::format("/benchmarks/{}", index++);
    const std::string name = text_at(benchmark, "fullname", text_at(benchmark, "name"));
    if (name.empty()) document.refuse(0, where + "/name", "is missing", pytest_benchmarks);
    Record key = step(name);
    const Parameters parameters = parameters_of(document, member(benchmark, "params"));
    place(key, parameters);
    Stated stated;
    for (const auto& [name, value] : member(benchmark, "extra_info").items())
      if (value.is_primitive()) state(stated, name, text_of(value));
    imported.state_of_new(last_stated);
    last_stated = stated;
    const json& stats = member(benchmark, "stats");
    if (!stats.is_object()) document.refuse(0, where + "/stats", "is missing", pytest_benchmarks);
    // With the parameter in the name each would be a study of its own.
    if (is_present(key.ranks))
      if (const std::size_t bracket = name.find('['); bracket != std::string::npos)
        key.operation = name.substr(0, bracket) + parameters.settings;
    if (has_list(stats, "data") && !stats["data"].empty()) {
      const json& rounds = member(stats, "rounds");
      if (rounds.is_number_integer() && rounds != stats["data"].size())
        document.refuse(0, where + "/stats/data",
                        fmt::format("{} times of {} rounds", stats["data"].size(), rounds.dump()),
                        "as many of each");
      imported.records.push_back(
          with_samples(key, seconds_of(document, stats["data"], where + "/stats/data")));
      continue;
    }
    const auto seconds = [&](const char* member_name) {
      return checked_seconds(
          document, 0, where + "/stats/" + member_name,
          number_at(document, stats, member_name, where + "/stats", pytest_benchmarks));
    };
    imported.records.push_back(with_value(key, seconds("median"), seconds("min"), seconds("max")));
  }
  imported.state_of_new(last_stated);
  if (imported.records.empty()) document.refuse(0, "/benchmarks", "are empty", pytest_benchmarks);
  return imported;
}

bool is_pytest(const Document& document) {
  if (!document.json || !has_list(*document.json, "benchmarks")) return false;
  const json& root = *document.json;
  return root.contains("machine_info") || root.contains("commit_info") ||
         (!root.contains("context") && !root["benchmarks"].empty() &&
          root["benchmarks"][0].contains("stats"));
}

// --- criterion ---

const char* const criterion_estimates =
    "estimates.json of criterion (mean, median, slope), or cargo criterion's messages";

Record with_interval(const Document& document, Record key, double value, double low, double high,
                     const std::string& where) {
  key.samples = 1;
  key.median = checked_seconds(document, 0, where, value);
  key.ci_low = low;
  key.ci_high = high;
  if (!(low <= value && value <= high))
    document.refuse(0, where,
                    fmt::format("{:g} is outside of its interval {:g} to {:g}", value, low, high),
                    "an estimate within its bounds");
  return key;
}

/// "sort" of "target/criterion/sort/new/estimates.json".
std::string name_of(const std::string& file) {
  const std::filesystem::path path(file);
  const std::filesystem::path folder = path.parent_path();
  const std::string last = folder.filename().string();
  const bool is_run = last == "new" || last == "base" || last == "change";
  const std::string name = (is_run ? folder.parent_path() : folder).filename().string();
  return name.empty() ? "criterion" : name;
}

void add_message(const Document& document, const json& message, std::size_t index,
                 Imported& imported) {
  const std::string where = fmt::format("/{}", index);
  const json& typical = member(message, "typical");
  const std::string unit = text_at(typical, "unit");
  double scale = 0;
  for (const auto& [name, seconds] :
       {std::pair("ps", 1e-12), {"ns", 1e-9}, {"us", 1e-6}, {"µs", 1e-6}, {"ms", 1e-3}, {"s", 1.0}})
    if (unit == name) scale = seconds;
  if (scale == 0)
    document.refuse(0, where + "/typical/unit", fmt::format("\"{}\"", unit), "ns, us, ms or s");
  const auto number = [&](const char* key) {
    return scale * number_at(document, typical, key, where + "/typical", criterion_estimates);
  };
  imported.records.push_back(with_interval(document, step(text_at(message, "id")),
                                           number("estimate"), number("lower_bound"),
                                           number("upper_bound"), where + "/typical"));
}

Imported read_criterion(const Document& document) {
  Imported imported;
  if (document.json_lines) {
    std::size_t index = 0;
    for (const json& message : *document.json) {
      if (text_at(message, "reason") == "benchmark-complete")
        add_message(document, message, index, imported);
      ++index;
    }
    if (imported.records.empty())
      document.refuse(0, "", "holds no benchmark-complete", criterion_estimates);
    return imported;
  }
  const json& root = *document.json;
  const char* kind = member(root, "median").is_object() ? "median" : "mean";
  const json& estimate = root[kind];
  const json& interval = member(estimate, "confidence_interval");
  const std::string where = fmt::format("/{}", kind);
  const auto number = [&](const json& object, const char* key) {
    return 1e-9 * number_at(document, object, key, where, criterion_estimates);
  };
  imported.records.push_back(
      with_interval(document, step(name_of(document.file)), number(estimate, "point_estimate"),
                    number(interval, "lower_bound"), number(interval, "upper_bound"), where));
  return imported;
}

bool is_criterion(const Document& document) {
  if (!document.json) return false;
  if (document.json_lines) return (*document.json)[0].contains("reason");
  return document.json->is_object() && document.json->contains("median_abs_dev") &&
         document.json->contains("mean");
}

const char* const checked =
    "Members by their paths; bounds of times; failed commands have no time.";
const bool hyperfine_registered =
    Registry<Format>::add({.about = format_description("hyperfine",
                                                       "hyperfine --export-json; ranks from a "
                                                       "parameter np, ranks, procs ...",
                                                       checked),
                           .recognises = is_hyperfine,
                           .read = read_hyperfine});
const bool pytest_registered =
    Registry<Format>::add({.about = format_description("pytest-benchmark",
                                                       "pytest-benchmark 3 to 5 JSON, with or "
                                                       "without data; ranks from params",
                                                       checked),
                           .recognises = is_pytest,
                           .read = read_pytest});
const bool criterion_registered =
    Registry<Format>::add({.about = format_description("criterion",
                                                       "criterion's estimates.json and cargo "
                                                       "criterion's messages",
                                                       checked),
                           .recognises = is_criterion,
                           .read = read_criterion});

}  // namespace

}  // namespace assay::import::timers
