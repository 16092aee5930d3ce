#include "probes/run/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "probes/run/csv_schema.hpp"

namespace assay::csv {
namespace {

/// Characters for which text_cell() may have something to do.
constexpr std::array<bool, 256> special_characters = [] {
  std::array<bool, 256> special{};
  for (const char c : std::string_view(",\"\n\r\t= +-@'\0", 12))
    special[static_cast<unsigned char>(c)] = true;
  return special;
}();

void append_text(std::string& out, const std::string& text) {
  const bool plain = std::none_of(text.begin(), text.end(), [](char c) {
    return special_characters[static_cast<unsigned char>(c)];
  });
  if (plain)
    out += text;
  else
    out += text_cell(text);
}

template <typename Number>
void append_number(std::string& out, Number value) {
  if (!is_present(value)) return;
  std::array<char, 32> buffer{};
  const auto [end, fault] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  if (fault == std::errc()) out.append(buffer.data(), end);
}

void append_cell(std::string& out, const Record& record, const Column& column) {
  switch (column.kind) {
    case Column::Kind::text:
      append_text(out, (record.*column.text).str());
      break;
    case Column::Kind::count:
      append_number(out, record.*column.count);
      break;
    case Column::Kind::number:
      append_number(out, record.*column.number);
      break;
    case Column::Kind::status:
      out += to_string(record.status);
      break;
  }
}

}  // namespace

std::string text_cell(std::string_view text) {
  std::string out;
  if (!text.empty() && formula_starts.find(text.front()) != std::string_view::npos) out = "'";
  for (char c : text) out += c == '\n' || c == '\r' || c == '\0' ? ' ' : c;
  // libfccp trims blanks of unquoted cells: blanks at the ends need quotes to survive.
  const bool edge_blank =
      !out.empty() && (out.front() == ' ' || out.back() == ' ' || out.back() == '\t');
  if (out.find_first_of(",\"") == std::string::npos && !edge_blank) return out;
  std::string quoted = "\"";
  for (char c : out) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string number_cell(double value) {
  std::string cell;
  append_number(cell, value);
  return cell;
}

std::string count_cell(std::int64_t count) {
  return is_present(count) ? std::to_string(count) : std::string();
}

std::string measurements_header() {
  std::string line;
  for (const Column& column : measurement_columns())
    line += (line.empty() ? "" : ",") + std::string(column.name);
  return line + "\n";
}

void append_measurements_line(std::string& out, const Record& record) {
  bool first = true;
  for (const Column& column : measurement_columns()) {
    if (!std::exchange(first, false)) out += ',';
    append_cell(out, record, column);
  }
  out += '\n';
}

std::string measurements_line(const Record& record) {
  std::string line;
  append_measurements_line(line, record);
  return line;
}

std::string samples_header() {
  std::string line;
  for (const Column* column : key_columns()) line += std::string(column->name) + ",";
  return line + "sample,value,session\n";
}

std::string samples_lines(const Record& record) {
  std::string key;
  for (const Column* column : key_columns()) {
    append_cell(key, record, *column);
    key += ',';
  }
  const std::string session = count_cell(record.session);
  std::string lines;
  for (std::size_t i = 0; i < record.values.size(); ++i)
    lines += key + std::to_string(i) + "," + number_cell(record.values[i]) + "," + session + "\n";
  return lines;
}

std::string models_header() {
  std::string line;
  for (std::string_view name : model_columns) line += (line.empty() ? "" : ",") + std::string(name);
  return line + "\n";
}

std::string models_line(const ModelRow& row) {
  return fmt::format("{},{},{},{},{},{},{},{},{}\n", text_cell(row.model), text_cell(row.subject),
                     text_cell(row.parameter), text_cell(row.unit), number_cell(row.value),
                     number_cell(row.ci_low), number_cell(row.ci_high), to_string(row.label),
                     text_cell(row.note));
}

}  // namespace assay::csv
