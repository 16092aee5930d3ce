#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>

#include "reports/import/import.hpp"
#include "reports/models/money/csv_cells.hpp"

namespace assay::import {

namespace {

using models::number_in_cell;

/// Names in the header line, trimmed of spaces.
std::vector<std::string> columns_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  while (std::getline(in, line) && (line.empty() || line.front() == '#')) {
  }
  std::vector<std::string> names{""};
  for (char c : line) {
    if (c == ',')
      names.emplace_back();
    else if (c != ' ' && c != '\t' && c != '\r' && c != '"')
      names.back() += c;
  }
  return names;
}

std::int64_t count_in(const std::string& cell, const std::string& file, std::size_t line,
                      const std::string& column) {
  const std::string expected = "a whole number of at least 1";
  const double value = number_in_cell(cell, file, line, column, expected);
  if (value < 1 || value != std::floor(value) || value > 1e12)
    throw InputError(file, line, column, fmt::format("\"{}\"", cell), expected);
  return static_cast<std::int64_t>(value);
}

Record record_of(const std::string& file, std::size_t line, const std::string& ranks,
                 const std::string& time) {
  const std::string expected =
      "a time in s above 0; without this line the others can still be fitted";
  const double seconds = number_in_cell(time, file, line, "time", expected);
  if (seconds <= 0) throw InputError(file, line, "time", fmt::format("\"{}\"", time), expected);
  return {.probe = "workload.exec",
          .metric = "step_time",
          .unit = unit::seconds,
          .ranks = count_in(ranks, file, line, "ranks"),
          .scaling = "strong",
          .samples = 1,
          .median = seconds,
          .min = seconds,
          .max = seconds};
}

}  // namespace

std::vector<Record> read_times_csv(const std::filesystem::path& path) {
  const std::string file = path.string();
  const std::string expected =
      "the columns ranks,time (s), one line per launch; optional: nodes, scaling";
  const std::vector<std::string> columns = columns_of(path);
  const auto has = [&](const char* name) {
    return std::find(columns.begin(), columns.end(), name) != columns.end();
  };
  std::vector<Record> records;
  // Our own tables write the unit into the name.
  const char* time = has("time_s") && !has("time") ? "time_s" : "time";
  for (const auto& row : models::read_cells<2>(path, {"ranks", time}, expected))
    records.push_back(record_of(file, row.line, row.cells[0], row.cells[1]));
  if (has("nodes")) {
    std::size_t i = 0;
    for (const auto& row : models::read_cells<1>(path, {"nodes"}, expected))
      records[i++].nodes = count_in(row.cells[0], file, row.line, "nodes");
  }
  if (has("scaling")) {
    std::size_t i = 0;
    for (const auto& row : models::read_cells<1>(path, {"scaling"}, expected)) {
      if (row.cells[0] != "strong" && row.cells[0] != "weak")
        throw InputError(file, row.line, "scaling", fmt::format("\"{}\"", row.cells[0]),
                         "strong or weak");
      records[i++].scaling = row.cells[0];
    }
  }
  if (records.empty()) throw InputError(file, 0, "", "no times", expected);
  std::map<std::int64_t, int> launches;
  for (Record& record : records) record.launch = std::to_string(++launches[record.ranks]);
  return records;
}

}  // namespace assay::import
