/// @file
/// ReFrame's performance logs: "|"-separated lines, with a header (4) or with KEY=VALUE cells (3).

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "probes/core/number.hpp"
#include "reports/import/format.hpp"

namespace assay::import::reframe {

namespace {

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  for (const char c : line) {
    if (c == '|')
      cells.emplace_back();
    else
      cells.back() += c;
  }
  return cells;
}

int days_in(int year, int month) {
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2                                              ? (leap ? 29 : 28)
         : month == 4 || month == 6 || month == 9 || month == 11 ? 30
                                                                 : 31;
}

/// "2025-01-31T12:00:00" and what may follow it; false for a day that no calendar has.
bool is_time(std::string_view text) {
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd";
  if (text.size() < shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i]) return false;
  const auto part = [&](std::size_t at, std::size_t size) {
    return static_cast<int>(*parse_whole_number(text.substr(at, size)));
  };
  const int month = part(5, 2), day = part(8, 2);
  return month >= 1 && month <= 12 && day >= 1 && day <= days_in(part(0, 4), month) &&
         part(11, 2) < 24 && part(14, 2) < 60 && part(17, 2) <= 60;
}

/// What a unit makes of a value; a metric of an unknown unit is not read.
struct Unit {
  std::string_view metric, unit;
  double scale;
};
std::optional<Unit> unit_of(const std::string& name) {
  static const std::pair<const char*, Unit> units[] = {
      {"s", {"step_time", unit::seconds, 1}},
      {"sec", {"step_time", unit::seconds, 1}},
      {"seconds", {"step_time", unit::seconds, 1}},
      {"ms", {"step_time", unit::seconds, 1e-3}},
      {"us", {"step_time", unit::seconds, 1e-6}},
      {"usec", {"step_time", unit::seconds, 1e-6}},
      {"msec", {"step_time", unit::seconds, 1e-3}},
      {"min", {"step_time", unit::seconds, 60}},
      {"minutes", {"step_time", unit::seconds, 60}},
      {"ns", {"step_time", unit::seconds, 1e-9}},
      {"b/s", {"rate", unit::bytes_per_second, 1}},
      {"kb/s", {"rate", unit::bytes_per_second, 1e3}},
      {"mb/s", {"rate", unit::bytes_per_second, 1e6}},
      {"gb/s", {"rate", unit::bytes_per_second, 1e9}},
      {"mb/sec", {"rate", unit::bytes_per_second, 1e6}},
      {"gb/sec", {"rate", unit::bytes_per_second, 1e9}},
      {"mib/s", {"rate", unit::bytes_per_second, 1048576}},
      {"gib/s", {"rate", unit::bytes_per_second, 1073741824}},
      {"flop/s", {"rate", unit::flops_per_second, 1}},
      {"mflop/s", {"rate", unit::flops_per_second, 1e6}},
      {"gflop/s", {"rate", unit::flops_per_second, 1e9}},
      {"gflops", {"rate", unit::flops_per_second, 1e9}},
      {"tflop/s", {"rate", unit::flops_per_second, 1e12}},
      {"tflops", {"rate", unit::flops_per_second, 1e12}}};
  const std::string low = lower(name);
  for (const auto& [known, meaning] : units) {
    // A small b is a bit, or nobody knows.
    const bool is_bits =
        meaning.unit == unit::bytes_per_second && name.find('B') == std::string::npos;
    if (low == known && !is_bits) return meaning;
  }
  return std::nullopt;
}

/// " on daint:mc using gnu": another machine or another compiler is another measurement.
std::string place_of(const std::string& system, const std::string& partition,
                     const std::string& environment) {
  std::string text;
  if (!system.empty()) text += " on " + system;
  if (!partition.empty()) text += (system.empty() ? " on " : ":") + partition;
  if (!environment.empty()) text += " using " + environment;
  return text;
}

class Reader {
 public:
  explicit Reader(const Document& document) : document_(document) {}

  Imported read() {
    for (const Line& line : document_.lines) take(line);
    if (imported_.records.empty())
      document_.refuse(0, "", "no figure in a known unit", "lines of a ReFrame performance log");
    for (const std::string& note : unread_) imported_.notes.push_back(note);
    return std::move(imported_);
  }

 private:
  void take(const Line& line) {
    if (line.text.empty()) return;
    const std::vector<std::string> cells = cells_of(line.text);
    if (std::find(cells.begin(), cells.end(), "result") != cells.end() &&
        (line.text.find("_value") != std::string::npos ||
         line.text.find("perf_value") != std::string::npos)) {
      header_ = cells;
      return;
    }
    if (header_.empty()) return keyed(line, cells);
    if (cells.size() != header_.size())
      document_.refuse(line.number, "", fmt::format("{} cells", cells.size()),
                       fmt::format("{}, as the header has", header_.size()));
    columns(line, cells);
  }

  [[nodiscard]] std::string cell(const std::vector<std::string>& cells, const char* name) const {
    const auto found = std::find(header_.begin(), header_.end(), name);
    return found == header_.end() ? "" : cells[static_cast<std::size_t>(found - header_.begin())];
  }

  void columns(const Line& line, const std::vector<std::string>& cells) {
    for (const char* name : {"job_completion_time", "date"})
      if (const std::string time = cell(cells, name); !time.empty() && !is_time(time))
        document_.refuse(line.number, name, fmt::format("\"{}\"", time),
                         "a date and time that exist");
    std::string test = cell(cells, "display_name");
    if (test.empty()) test = cell(cells, "name");
    test += place_of(cell(cells, "system"), cell(cells, "partition"), cell(cells, "environ"));
    const bool failed = lower(cell(cells, "result")) == "fail";
    const auto count = [&](const char* name) {
      const std::string text = cell(cells, name);
      return text.empty() || text == "null" ? absent_count
                                            : count_in(document_, line.number, name, text);
    };
    Record place{.ranks = count("num_tasks"), .threads = count("num_cpus_per_task")};
    const std::int64_t per_node = count("num_tasks_per_node");
    if (is_present(place.ranks) && is_present(per_node))
      place.nodes = (place.ranks + per_node - 1) / per_node;
    for (std::size_t i = 0; i < header_.size(); ++i) {
      if (!header_[i].ends_with("_value") || cells[i] == "null") continue;
      const std::string variable = header_[i].substr(0, header_[i].size() - 6);
      const std::string unit_name = cell(cells, (variable + "_unit").c_str());
      if (cells[i].empty() && (unit_name.empty() || unit_name == "null")) continue;
      if (cells[i].empty())
        document_.refuse(line.number, header_[i], "is empty", "a number, or null");
      std::string name = variable == "perf" ? cell(cells, "perf_var") : variable;
      add(line, test, name, cells[i], unit_name, place, failed);
    }
  }

  /// "TIME|reframe 3.9|TEST on SYSTEM using ENV|jobid=1|num_tasks=4|triad=1234|ref=...|MB/s"
  void keyed(const Line& line, const std::vector<std::string>& cells) {
    if (cells.size() < 4)
      document_.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 80)),
                       "a line of a ReFrame performance log");
    if (!is_time(cells[0]))
      document_.refuse(line.number, "", fmt::format("\"{}\"", cells[0].substr(0, 40)),
                       "a date and time that exist");
    const std::string& test = cells[2];  // "stream on daint:mc using gnu".
    std::int64_t ranks = absent_count;
    std::string variable, value;
    for (std::size_t i = 3; i < cells.size(); ++i) {
      const std::size_t equals = cells[i].find('=');
      const std::string key = cells[i].substr(0, equals);
      if (equals == std::string::npos || key == "ref" || key == "jobid") continue;
      if (key == "num_tasks") {
        ranks = count_in(document_, line.number, key, cells[i].substr(equals + 1));
      } else if (variable.empty() && parse_number(cells[i].substr(equals + 1))) {
        variable = key;
        value = cells[i].substr(equals + 1);
      }
    }
    if (variable.empty())
      document_.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 80)),
                       "a figure as NAME=NUMBER and its unit in the last cell");
    add(line, test, variable, value, cells.back(), {.ranks = ranks}, false);
  }

  void add(const Line& line, const std::string& test, const std::string& variable,
           const std::string& value, const std::string& unit_name, const Record& place,
           bool failed) {
    const std::optional<Unit> unit = unit_of(unit_name);
    if (!unit) {
      const std::string note = fmt::format("{} in \"{}\" was not read", variable, unit_name);
      if (std::find(unread_.begin(), unread_.end(), note) == unread_.end()) unread_.push_back(note);
      return;
    }
    Record key{.probe = "workload.exec",
               .metric = unit->metric,
               .unit = unit->unit,
               .nodes = place.nodes,
               .ranks = place.ranks,
               .threads = place.threads,
               .operation = fmt::format("{} of {}", variable, test),
               .scaling = unit->metric == "step_time" ? "strong" : "",
               .launch = std::to_string(++launches_[fmt::format(
                   "{} {} {} {} {}", test, variable, place.nodes, place.ranks, place.threads)])};
    const bool is_time_unit = unit->unit == unit::seconds;
    const double number = is_time_unit
                              ? seconds_in(document_, line.number, variable, value, unit->scale)
                              : rate_in(document_, line.number, variable, value, unit->scale);
    Record row = with_value(key, number);
    // A failed reference is a judgement of ReFrame, not a wrong measurement.
    imported_.records.push_back(failed ? marked_untrusted(row, "ReFrame says fail") : row);
  }

  const Document& document_;
  Imported imported_;
  std::vector<std::string> header_, unread_;
  std::map<std::string, int> launches_;
};

bool recognises(const Document& document) {
  for (const Line& line : document.lines) {
    if (line.text.empty()) continue;
    if (line.text.find('|') == std::string::npos) return false;
    return line.text.find("|reframe ") != std::string::npos ||
           (line.text.find("result") != std::string::npos &&
            line.text.find("_value") != std::string::npos);
  }
  return false;
}

const bool registered = Registry<Format>::add(
    {.about = format_description("reframe", "ReFrame 3 and 4 performance logs",
                                 "As many cells as the header has; dates must exist; units known."),
     .recognises = recognises,
     .read = [](const Document& document) { return Reader(document).read(); }});

}  // namespace

}  // namespace assay::import::reframe
