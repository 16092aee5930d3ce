#include "reports/import/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "probes/core/number.hpp"
#include "probes/core/units.hpp"

namespace assay::import {

namespace {

constexpr double least_time = 1e-15, most_time = 1e10, least_rate = 1e-6, most_rate = 1e24;
constexpr std::int64_t most_ranks = 10'000'000;

std::string quoted(std::string_view cell) {
  if (cell.empty()) return "is empty";
  return fmt::format("\"{}\"", cell.substr(0, 80));
}

std::string without_blanks(std::string_view text) {
  std::string out;
  for (const char c : lower(text))
    if (c != ' ' && c != '\t') out += c;
  return out;
}

std::size_t decimals_of(std::string_view word) {
  const std::size_t point = word.find('.');
  return point == std::string_view::npos ? 0 : word.size() - point - 1;
}

/// The last run of digits and points of a line.
std::string_view last_number(std::string_view text) {
  const std::size_t start = text.find_last_not_of("0123456789.");
  return start == std::string_view::npos ? text : text.substr(start + 1);
}

std::string name_of(const Record& record) {
  std::string name = record.probe.str();
  if (name.starts_with("collective.")) name = name.substr(11);
  if (name == "allreduce") name = "all-reduce";
  if (!record.operation.empty()) name += fmt::format(" ({})", record.operation.str());
  if (!record.level.empty()) name += " " + record.level.str();
  return name;
}

std::string places_of(const Record& record, bool has_ranks) {
  std::string text;
  if (is_present(record.ranks))
    text = fmt::format(", {} rank{}", record.ranks, record.ranks == 1 ? "" : "s");
  else if (has_ranks)
    text = ", ranks unknown (--ranks states them)";
  if (is_present(record.nodes))
    text += fmt::format(" on {} node{}", record.nodes, record.nodes == 1 ? "" : "s");
  if (is_present(record.threads))
    text += fmt::format(", {} thread{}", record.threads, record.threads == 1 ? "" : "s");
  return text;
}

}  // namespace

double checked_seconds(const Document& document, std::size_t line, const std::string& column,
                       double seconds) {
  if (!(seconds >= least_time) || !(seconds <= most_time))
    document.refuse(line, column, fmt::format("is {:g} s", seconds),
                    "a time above 0 and below 300 years");
  return seconds;
}

double checked_rate(const Document& document, std::size_t line, const std::string& column,
                    double rate) {
  if (!(rate >= least_rate) || !(rate <= most_rate))
    document.refuse(line, column, fmt::format("is {:g} per second", rate),
                    "a rate above 0 that a machine can have");
  return rate;
}

double number_in(const Document& document, std::size_t line, const std::string& column,
                 std::string_view cell) {
  const std::optional<double> value = parse_number(cell);
  if (!value || *value < 0)
    document.refuse(line, column, quoted(cell), "a number with a decimal point and no separators");
  return *value;
}

double seconds_in(const Document& document, std::size_t line, const std::string& column,
                  std::string_view cell, double scale) {
  const std::optional<double> value = parse_number(cell);
  if (!value)
    document.refuse(line, column, quoted(cell),
                    "a time above 0, with a decimal point and no separators");
  return checked_seconds(document, line, column, *value * scale);
}

double rate_in(const Document& document, std::size_t line, const std::string& column,
               std::string_view cell, double scale) {
  const std::optional<double> value = parse_number(cell);
  if (!value)
    document.refuse(line, column, quoted(cell),
                    "a rate above 0, with a decimal point and no separators");
  return checked_rate(document, line, column, *value * scale);
}

std::int64_t bytes_in(const Document& document, std::size_t line, const std::string& column,
                      std::string_view cell) {
  const std::optional<std::int64_t> value = parse_whole_number(cell);
  if (!value || *value > (std::int64_t{1} << 53))
    document.refuse(line, column, quoted(cell), "a whole number of bytes");
  return *value;
}

std::int64_t count_in(const Document& document, std::size_t line, const std::string& column,
                      std::string_view cell) {
  const std::optional<double> value = parse_number(cell);
  if (!value || *value < 1 || *value != std::floor(*value) || *value > most_ranks)
    document.refuse(line, column, quoted(cell), "a whole number from 1 to 10 million");
  return static_cast<std::int64_t>(*value);
}

Record with_value(Record key, double value, double least, double most) {
  key.samples = 1;
  key.median = value;
  key.min = least;
  key.max = most;
  return key;
}

void require_agreement(const Document& document, std::size_t line, const std::string& column,
                       double value, double other, const std::string& what) {
  if (!(value > 0) || !(other > 0) || (value > 0.9 * other && value < 1.1 * other)) return;
  document.refuse(line, column, fmt::format("is {:.6g}", value),
                  fmt::format("{:.6g}, which {} says", other, what));
}

void require_order(const Document& document, std::size_t line, const std::string& column,
                   double least, double value, double most) {
  constexpr double rounding = 1 + 1e-9;
  if ((is_present(least) && least > value * rounding) ||
      (is_present(most) && most * rounding < value))
    document.refuse(line, column, fmt::format("is {:.6g}, of {:.6g} to {:.6g}", value, least, most),
                    "a number between the least and the most of its row");
}

HeaderMatch match_header(std::string_view line, const std::vector<std::string_view>& known) {
  const std::string text = without_blanks(line);
  HeaderMatch match;
  std::size_t at = text.find_first_not_of('#');
  if (at == std::string::npos) at = text.size();
  while (at < text.size()) {
    std::string_view best;
    for (const std::string_view name : known)
      if (name.size() > best.size() && text.compare(at, name.size(), name) == 0) best = name;
    if (best.empty()) {
      match.unknown = text.substr(at, 40);
      return match;
    }
    match.columns.emplace_back(best);
    at += best.size();
  }
  return match;
}

bool looks_like_row(const std::vector<std::string_view>& words, std::size_t columns) {
  if (words.empty()) return false;
  const auto begins_like_number = [](std::string_view word) {
    const std::size_t sign = word.front() == '-' || word.front() == '+' ? 1 : 0;
    const std::size_t point = sign < word.size() && word[sign] == '.' ? sign + 1 : sign;
    return point < word.size() && word[point] >= '0' && word[point] <= '9';
  };
  const auto numbers =
      static_cast<std::size_t>(std::count_if(words.begin(), words.end(), begins_like_number));
  if (begins_like_number(words.front())) {
    // "1 more process has sent help message" begins like a number too.
    return words.size() <= columns || 2 * numbers >= words.size();
  }
  return words.size() >= 2 && words.size() <= columns + 1 && 2 * numbers >= words.size();
}

void refuse_cut_number(const Document& document, const std::vector<std::size_t>& row_lines) {
  if (document.ends_with_newline || row_lines.size() < 2 || document.lines.empty()) return;
  const Line& last = document.lines.back();
  if (last.number != row_lines.back()) return;
  const std::size_t decimals = decimals_of(last_number(last.text));
  std::size_t others = absent_count;
  for (const Line& line : document.lines) {
    if (line.number == last.number) break;
    if (!std::binary_search(row_lines.begin(), row_lines.end(), line.number)) continue;
    const std::size_t here = decimals_of(last_number(line.text));
    if (others == static_cast<std::size_t>(absent_count)) others = here;
    if (here != others) return;
  }
  if (decimals < others)
    document.refuse(last.number, "",
                    fmt::format("ends without a line end in \"{}\", with {} decimals where the "
                                "rows above have {}",
                                last_number(last.text), decimals, others),
                    "the whole line (add a line end where it is whole)");
}

void PassedOver::add(const Line& line) {
  if (count_++ > 0) return;
  line_ = line.number;
  first_ = line.text.substr(0, 60);
}

void PassedOver::tell(std::vector<std::string>& notes) const {
  if (count_ == 0) return;
  notes.push_back(fmt::format("{} line{} of other output passed over, the first is line {}: \"{}\"",
                              count_, count_ == 1 ? "" : "s", line_, first_));
}

std::string dtype_of(std::string_view name) {
  static const std::pair<const char*, const char*> names[] = {
      {"float", "f32"},      {"float32", "f32"}, {"single", "f32"},  {"double", "f64"},
      {"float64", "f64"},    {"half", "f16"},    {"float16", "f16"}, {"bfloat16", "bf16"},
      {"int8", "i8"},        {"int32", "i32"},   {"int64", "i64"},   {"uint8", "u8"},
      {"uint32", "u32"},     {"uint64", "u64"},  {"fp64", "f64"},    {"fp32", "f32"},
      {"fp16", "f16"},       {"mpi_char", "i8"}, {"mpi_int", "i32"}, {"mpi_float", "f32"},
      {"mpi_double", "f64"}, {"f8e4m3", "f8"},   {"fp8_e4m3", "f8"}, {"fp8e4m3", "f8"},
      {"f8e5m2", "f8"},      {"fp8e5m2", "f8"},  {"fp8_e5m2", "f8"}};
  const std::string low = lower(name);
  for (const auto& [theirs, ours] : names)
    if (low == theirs) return ours;
  return low;
}

std::vector<std::string> describe(const std::vector<Record>& records) {
  struct Group {
    const Record* first = nullptr;
    std::vector<std::int64_t> sizes;
    std::vector<std::string> launches;
    std::size_t without_number = 0;
    bool has_ranks = false;
  };
  std::vector<Group> groups;
  for (const Record& record : records) {
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
      const Record& other = *group.first;
      return other.probe == record.probe && other.operation == record.operation &&
             other.ranks == record.ranks && other.nodes == record.nodes &&
             other.dtype == record.dtype && other.level == record.level &&
             other.threads == record.threads;
    });
    Group& group =
        same == groups.end() ? groups.emplace_back(Group{&record, {}, {}, 0, false}) : *same;
    if (is_present(record.bytes) &&
        std::find(group.sizes.begin(), group.sizes.end(), record.bytes) == group.sizes.end())
      group.sizes.push_back(record.bytes);
    if (!carries_numbers(record.status)) ++group.without_number;
    group.has_ranks |=
        std::string_view(record.probe).starts_with("collective.") || record.metric == "step_time";
    const std::string launch = record.launch.str();
    if (std::find(group.launches.begin(), group.launches.end(), launch) == group.launches.end())
      group.launches.push_back(launch);
  }
  std::vector<std::string> lines;
  constexpr std::size_t most_lines = 16;
  for (const Group& group : groups) {
    if (lines.size() == most_lines) {
      lines.push_back(fmt::format("and {} more", groups.size() - most_lines));
      break;
    }
    std::string line = name_of(*group.first) + places_of(*group.first, group.has_ranks);
    if (!group.first->dtype.empty()) line += ", " + group.first->dtype.str();
    if (!group.sizes.empty()) {
      const auto [least, most] = std::minmax_element(group.sizes.begin(), group.sizes.end());
      line += group.sizes.size() == 1
                  ? fmt::format(", {}", format_bytes(Bytes(static_cast<double>(*least))))
                  : fmt::format(", {} sizes, {} to {}", group.sizes.size(),
                                format_bytes(Bytes(static_cast<double>(*least))),
                                format_bytes(Bytes(static_cast<double>(*most))));
    }
    if (group.launches.size() > 1) line += fmt::format(", {} launches", group.launches.size());
    if (group.without_number > 0)
      line += fmt::format(", {} without a number", group.without_number);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace assay::import
