/// @file
/// Extra-P's input: text (PARAMETER, POINTS, REGION, METRIC, DATA) and JSON (parameters,
/// measurements), also one measurement in each line.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "probes/core/number.hpp"
#include "reports/import/format.hpp"
#include "reports/import/json.hpp"

namespace assay::import::extra_p {

namespace {

using nlohmann::json;

bool names_ranks(const std::string& parameter) {
  static const char* const names[] = {"p",         "np",      "ranks",        "procs",
                                      "processes", "nprocs",  "tasks",        "cores",
                                      "workers",   "process", "mpi_processes"};
  const std::string low = lower(parameter);
  return std::any_of(std::begin(names), std::end(names),
                     [&](const char* name) { return low == name; });
}

bool names_time(const std::string& metric) {
  const std::string low = lower(metric);
  return low == "time" || low == "runtime" || low == "walltime" || low == "wall_time" ||
         low == "execution_time" || low == "";
}

/// One experiment of any parameters: which of them are the ranks, the others in the name.
class Experiment {
 public:
  Experiment(const Document& document, std::vector<std::string> parameters)
      : document_(document), parameters_(std::move(parameters)) {
    const auto ranks = std::find_if(parameters_.begin(), parameters_.end(), names_ranks);
    if (ranks == parameters_.end())
      document_.refuse(0, "", fmt::format("has the parameters {}", fmt::join(parameters_, ", ")),
                       "one of them named p, np, ranks, procs, processes, tasks or cores");
    ranks_ = static_cast<std::size_t>(ranks - parameters_.begin());
  }

  void add(std::size_t line, const std::string& region, const std::string& metric,
           const std::vector<double>& point, const std::vector<double>& values) {
    if (!names_time(metric)) {
      if (unused_.empty() || unused_.back() != metric) unused_.push_back(metric);
      return;
    }
    if (point.size() != parameters_.size())
      document_.refuse(line, "", fmt::format("a point of {} numbers", point.size()),
                       fmt::format("one for each of {}", fmt::join(parameters_, ", ")));
    Record key{.probe = "workload.exec",
               .metric = "step_time",
               .unit = unit::seconds,
               .operation = region,
               .scaling = "strong"};
    key.ranks = count_in(document_, line, parameters_[ranks_], fmt::format("{}", point[ranks_]));
    std::string others;
    for (std::size_t i = 0; i < point.size(); ++i)
      if (i != ranks_) others += fmt::format(" {}={:g}", parameters_[i], point[i]);
    key.operation = region + others;
    for (const double value : values) {
      key.launch =
          std::to_string(++launches_[fmt::format("{} {}", key.operation.str(), key.ranks)]);
      imported_.records.push_back(with_value(key, checked_seconds(document_, line, metric, value)));
    }
  }

  Imported finish() {
    for (const std::string& metric : unused_)
      imported_.notes.push_back(fmt::format("metric {} is no time and was not read", metric));
    if (imported_.records.empty())
      document_.refuse(0, "", "holds no time", "METRIC time and its DATA");
    return std::move(imported_);
  }

 private:
  const Document& document_;
  std::vector<std::string> parameters_, unused_;
  std::size_t ranks_ = 0;
  std::map<std::string, int> launches_;
  Imported imported_;
};

// --- text ---

struct TextFile {
  std::vector<std::string> parameters;
  std::vector<std::vector<double>> points;
};

/// "( 1 10 ) ( 2 10 )", "(1,10) (2,10)" or, of one parameter, "1 2 4".
std::vector<std::vector<double>> points_of(const Document& document, const Line& line,
                                           std::string_view text, std::size_t parameters) {
  std::vector<std::vector<double>> points;
  std::string spaced;
  for (const char c : text) {
    if (c == '(' || c == ')')
      spaced += fmt::format(" {} ", c);
    else
      spaced += c == ',' ? ' ' : c;
  }
  bool open = false;
  for (const std::string_view word : words_of(spaced)) {
    if (word == "(" || word == ")") {
      if ((word == "(") == open)
        document.refuse(line.number, "POINTS", "brackets that do not match", "( 1 10 ) ( 2 10 )");
      open = word == "(";
      if (open) points.emplace_back();
      continue;
    }
    const double value = number_in(document, line.number, "POINTS", word);
    if (!open && parameters != 1)
      document.refuse(line.number, "POINTS", fmt::format("\"{}\"", word), "points in brackets");
    if (!open) points.emplace_back();
    points.back().push_back(value);
  }
  if (open) document.refuse(line.number, "POINTS", "a bracket that is not closed", "( 1 10 )");
  return points;
}

/// Of a region and metric; without one for each point nobody knows which is missing.
void refuse_missing_data(const Document& document, std::size_t line, std::size_t row,
                         std::size_t points) {
  if (row != 0 && row != points)
    document.refuse(line, "DATA", fmt::format("{} lines for {} points", row, points),
                    "one for each point: some are missing, or the file was cut off");
}

Imported read_text(const Document& document) {
  TextFile file;
  std::optional<Experiment> experiment;
  std::string region = "region", metric = "time";
  std::size_t row = 0;
  for (const Line& line : document.lines) {
    const auto words = words_of(line.text);
    if (words.empty() || words[0].front() == '#') continue;
    const std::string key(words[0]);
    const std::string rest = line.text.substr(line.text.find(key) + key.size());
    if (key == "PARAMETER") {
      for (std::size_t i = 1; i < words.size(); ++i) file.parameters.emplace_back(words[i]);
    } else if (key == "POINTS") {
      const auto more = points_of(document, line, rest, file.parameters.size());
      file.points.insert(file.points.end(), more.begin(), more.end());
    } else if (key == "REGION" || key == "METRIC") {
      std::string name = rest.substr(std::min(rest.find_first_not_of(" \t"), rest.size()));
      refuse_missing_data(document, line.number, row, file.points.size());
      (key == "REGION" ? region : metric) = name;
      row = 0;
    } else if (key == "DATA") {
      if (!experiment) experiment.emplace(document, file.parameters);
      if (row >= file.points.size())
        document.refuse(line.number, "DATA", fmt::format("line {} of data", row + 1),
                        fmt::format("one for each of {} points", file.points.size()));
      std::vector<double> values;
      for (std::size_t i = 1; i < words.size(); ++i)
        values.push_back(number_in(document, line.number, "DATA", words[i]));
      if (values.empty()) document.refuse(line.number, "DATA", "no number", "times in s");
      experiment->add(line.number, region, metric, file.points[row++], values);
    } else {
      document.refuse(line.number, "", fmt::format("\"{}\"", key.substr(0, 40)),
                      "PARAMETER, POINTS, REGION, METRIC or DATA");
    }
  }
  if (!experiment) document.refuse(0, "", "no DATA", "PARAMETER, POINTS and DATA of Extra-P");
  if (row == 0) document.refuse(0, "DATA", "none for the last region", "one for each point");
  refuse_missing_data(document, 0, row, file.points.size());
  return experiment->finish();
}

bool is_text(const Document& document) {
  bool parameter = false, data = false;
  for (const Line& line : document.lines) {
    parameter |= line.text.starts_with("PARAMETER ");
    data |= line.text.starts_with("DATA ") || line.text.starts_with("POINTS ");
  }
  return parameter && data;
}

// --- JSON ---

const char* const expected_json =
    "parameters and measurements as Extra-P's JSON has them, or lines of params and value";

double value_in(const Document& document, const json& value, const std::string& where) {
  const auto number = number_of(value);
  if (!number) document.refuse(0, where, fmt::format("is {}", shown(value)), "a number");
  return *number;
}

std::vector<double> values_in(const Document& document, const json& list,
                              const std::string& where) {
  std::vector<double> values;
  if (!list.is_array()) return {value_in(document, list, where)};
  for (const json& value : list) values.push_back(value_in(document, value, where));
  return values;
}

Imported read_measurements(const Document& document) {
  const json& root = *document.json;
  std::vector<std::string> parameters;
  for (const json& parameter : root["parameters"])
    parameters.push_back(parameter.is_string() ? parameter.get<std::string>()
                                               : text_at(parameter, "name"));
  Experiment experiment(document, parameters);
  for (const auto& [region, metrics] : root["measurements"].items()) {
    if (!metrics.is_object())
      document.refuse(0, "/measurements/" + region, "is no object of metrics", expected_json);
    for (const auto& [metric, list] : metrics.items()) {
      std::size_t index = 0;
      for (const json& entry : list) {
        const std::string where = fmt::format("/measurements/{}/{}/{}", region, metric, index++);
        experiment.add(0, region, metric,
                       values_in(document, member(entry, "point"), where + "/point"),
                       values_in(document, member(entry, "values"), where + "/values"));
      }
    }
  }
  return experiment.finish();
}

Imported read_lines(const Document& document) {
  std::optional<Experiment> experiment;
  std::vector<std::string> parameters;
  std::size_t index = 0;
  for (const json& entry : *document.json) {
    const std::string where = fmt::format("/{}", index++);
    const json& given = member(entry, "params");
    if (!given.is_object()) document.refuse(0, where + "/params", "is missing", expected_json);
    if (!experiment) {
      for (const auto& [name, value] : given.items()) parameters.push_back(name);
      experiment.emplace(document, parameters);
    }
    std::vector<double> point;
    for (const std::string& name : parameters)
      point.push_back(value_in(document, member(given, name.c_str()), where + "/params/" + name));
    experiment->add(0, text_at(entry, "callpath", "region"), text_at(entry, "metric", "time"),
                    point, values_in(document, member(entry, "value"), where + "/value"));
  }
  return experiment->finish();
}

bool is_json(const Document& document) {
  if (!document.json) return false;
  if (document.json_lines) return (*document.json)[0].contains("params");
  return document.json->is_object() && has_list(*document.json, "parameters") &&
         member(*document.json, "measurements").is_object();
}

const bool text_registered = Registry<Format>::add(
    {.about = format_description("extra-p", "Extra-P's text input, one parameter or several",
                                 "As many lines of DATA as POINTS; ranks by the parameter's name."),
     .recognises = is_text,
     .read = read_text});
const bool json_registered = Registry<Format>::add(
    {.about =
         format_description("extra-p-json", "Extra-P's JSON and JSON lines",
                            "As many coordinates as parameters; ranks by the parameter's name."),
     .recognises = is_json,
     .read = [](const Document& document) {
       return document.json_lines ? read_lines(document) : read_measurements(document);
     }});

}  // namespace

}  // namespace assay::import::extra_p
