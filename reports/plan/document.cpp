#include "reports/plan/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "probes/cli/standard_streams.hpp"
#include "probes/core/errors.hpp"
#include "probes/run/csv.hpp"

namespace assay::plan {

namespace {

std::string text_of(const Cell& cell, int digits) {
  if (const auto* value = std::get_if<double>(&cell)) return fmt::format("{:.{}g}", *value, digits);
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  return "";
}

std::string csv_of(const Document& document) {
  std::string out = fmt::format("{}\n", fmt::join(document.columns, ","));
  for (const auto& row : document.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += ',';
      const bool is_text = std::holds_alternative<std::string>(row[i]);
      out += is_text ? csv::text_cell(std::get<std::string>(row[i])) : text_of(row[i], 9);
    }
    out += '\n';
  }
  return out;
}

nlohmann::ordered_json json_cell(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* value = std::get_if<double>(&cell)) {
    if (std::isfinite(*value)) return *value;
    return text_of(cell, 9);
  }
  return nullptr;
}

std::string json_of(const Document& document) {
  nlohmann::ordered_json json{{"header", document.header}, {"columns", document.columns}};
  json["rows"] = nlohmann::ordered_json::array();
  for (const auto& row : document.rows) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < row.size(); ++i) object[document.columns[i]] = json_cell(row[i]);
    json["rows"].push_back(std::move(object));
  }
  json["verdict"] = document.sentences;
  return json.dump(2) + "\n";
}

/// CSV and JSON hold the whole text.
std::string shortened(std::string text) {
  constexpr std::size_t widest = 48;
  if (text.size() > widest) text = text.substr(0, widest - 3) + "...";
  return text;
}

std::string table_of(const Document& document) {
  std::vector<std::vector<std::string>> lines{document.columns};
  for (const auto& row : document.rows) {
    std::vector<std::string>& line = lines.emplace_back();
    for (const Cell& cell : row) line.push_back(shortened(text_of(cell, 6)));
  }
  std::vector<std::size_t> widths(document.columns.size());
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  std::string out = document.header.empty() ? "" : document.header + "\n\n";
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i)
      text += i == 0 ? fmt::format("{:<{}}", line[i], widths[i])
                     : fmt::format("  {:>{}}", line[i], widths[i]);
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  }
  if (!document.sentences.empty()) out += "\n";
  for (const std::string& sentence : document.sentences) out += sentence + "\n";
  return out;
}

}  // namespace

Cell number(double value) {
  return std::isnan(value) ? Cell() : Cell(value);
}

Format parse_format(const std::string& name) {
  if (name == "table") return Format::table;
  if (name == "csv") return Format::csv;
  if (name == "json") return Format::json;
  throw UsageError(fmt::format("--format: '{}'; expected table, csv or json", name));
}

std::string render(const Document& document, Format format) {
  switch (format) {
    case Format::table:
      return table_of(document);
    case Format::csv:
      return csv_of(document);
    case Format::json:
      return json_of(document);
  }
  return "";
}

void print(const Document& document, Format format) {
  const std::string text = render(document, format);
  // CSV and JSON are for programs, which take every byte.
  fmt::print("{}", format == Format::table ? printable(text) : text);
  if (format == Format::csv)
    for (const std::string& sentence : document.sentences) tell(printable(sentence));
}

}  // namespace assay::plan
