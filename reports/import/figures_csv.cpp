/// @file
/// Single figures that no log's format carries (a matrix product's rate, a bandwidth from a data
/// sheet): a CSV "figure,value,unit", more columns: dtype, ranks, bytes, note.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "probes/core/number.hpp"
#include "reports/import/flop_names.hpp"
#include "reports/import/format.hpp"

namespace assay::import::figures_csv {

namespace {

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells(1);
  for (const char c : line) {
    if (c == ',')
      cells.emplace_back();
    else if (c != '"')
      cells.back() += c;
  }
  for (std::string& cell : cells) {
    cell.erase(cell.find_last_not_of(" \t") + 1);
    cell.erase(0, std::min(cell.find_first_not_of(" \t"), cell.size()));
  }
  return cells;
}

struct FigureUnit {
  std::string_view unit;
  double scale;
};
std::optional<FigureUnit> unit_of(const std::string& name) {
  static const std::pair<const char*, FigureUnit> units[] = {
      {"B/s", {unit::bytes_per_second, 1}},
      {"kB/s", {unit::bytes_per_second, 1e3}},
      {"MB/s", {unit::bytes_per_second, 1e6}},
      {"GB/s", {unit::bytes_per_second, 1e9}},
      {"TB/s", {unit::bytes_per_second, 1e12}},
      {"MiB/s", {unit::bytes_per_second, 1048576.0}},
      {"GiB/s", {unit::bytes_per_second, 1073741824.0}},
      {"s", {unit::seconds, 1}},
      {"ms", {unit::seconds, 1e-3}},
      {"us", {unit::seconds, 1e-6}},
      {"ns", {unit::seconds, 1e-9}}};
  for (const auto& [known, meaning] : units)
    if (name == known) return meaning;
  if (const auto flops = flop_rate_name(name))
    return FigureUnit{unit::flops_per_second, flops->scale};
  return std::nullopt;
}

const Line* header_line(const Document& document) {
  for (const Line& line : document.lines)
    if (!line.text.empty() && line.text.front() != '#') return &line;
  return nullptr;
}

Record record_of(const Document& document, std::size_t line,
                 std::map<std::string, std::string>& row) {
  const std::string figure = row["figure"];
  if (figure.empty()) document.refuse(line, "figure", "is empty", "e.g. gemm, memory, network");
  const auto unit = unit_of(row["unit"]);
  if (!unit)
    document.refuse(line, "unit", fmt::format("\"{}\"", row["unit"]),
                    "B/s, FLOP/s or s, with prefix");
  Record key{.metric = unit->unit == unit::seconds ? "time" : "rate",
             .unit = unit->unit,
             .dtype = row["dtype"].empty() ? dtype_in_name(figure) : dtype_of(row["dtype"]),
             .operation = figure,
             .launch = "1"};
  if (!row["ranks"].empty()) key.ranks = count_in(document, line, "ranks", row["ranks"]);
  if (!row["bytes"].empty()) key.bytes = bytes_in(document, line, "bytes", row["bytes"]);
  const std::string low = lower(figure);
  const bool is_memory = low.starts_with("memory") || low.starts_with("hbm") ||
                         low.starts_with("dram") || low.find("triad") != std::string::npos;
  if (unit->unit == unit::flops_per_second) {
    key.probe = "compute.peak_flops";
  } else if (unit->unit == unit::bytes_per_second && is_memory) {
    key.probe = "memory.bandwidth";
    key.level = "DRAM";
  } else {
    key.probe = unit->unit == unit::seconds ? "imported.time" : "imported.rate";
  }
  const double value = unit->unit == unit::seconds
                           ? seconds_in(document, line, "value", row["value"], unit->scale)
                           : rate_in(document, line, "value", row["value"], unit->scale);
  return with_value(key, value);
}

Imported read(const Document& document) {
  Imported imported;
  const Line* header = header_line(document);
  const std::vector<std::string> names = cells_of(header->text);
  for (const std::string& name : names)
    if (name != "figure" && name != "value" && name != "unit" && name != "dtype" &&
        name != "ranks" && name != "bytes" && name != "note")
      document.refuse(header->number, name, "is unknown",
                      "figure, value, unit, dtype, ranks, bytes, note");
  for (const Line& line : document.lines) {
    if (line.number <= header->number || line.text.empty() || line.text.front() == '#') continue;
    const std::vector<std::string> cells = cells_of(line.text);
    if (cells.size() != names.size())
      document.refuse(line.number, "", fmt::format("{} columns", cells.size()),
                      fmt::format("{}, as the header has", names.size()));
    std::map<std::string, std::string> row;
    for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = cells[i];
    imported.records.push_back(record_of(document, line.number, row));
    if (!row["note"].empty())
      imported.notes.push_back(fmt::format("{}: {}", row["figure"], row["note"]));
  }
  if (imported.records.empty()) document.refuse(0, "", "no figure", "lines of figure,value,unit");
  return imported;
}

bool recognises(const Document& document) {
  const Line* header = header_line(document);
  if (header == nullptr) return false;
  const std::vector<std::string> names = cells_of(header->text);
  const auto has = [&](const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return has("figure") && has("value") && has("unit");
}

const bool registered = Registry<Format>::add(
    {.about = format_description(
         "figures-csv", "single figures: CSV figure,value,unit and dtype, ranks, bytes, note",
         "Units by name; bounds of rates and times."),
     .recognises = recognises,
     .read = read});

}  // namespace

}  // namespace assay::import::figures_csv
