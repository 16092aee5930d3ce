#include "reports/render/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "probes/core/units.hpp"
#include "probes/run/csv.hpp"
#include "reports/render/numbers.hpp"

namespace assay::render {

Cell Cell::quantity(double value, std::string_view unit_name) {
  Cell cell(is_present(value) ? show(value, unit_name) : "");
  cell.value = value;
  return cell;
}

Cell Cell::count(std::int64_t count) {
  if (!is_present(count)) return {};
  Cell cell(show_count(count));
  cell.value = static_cast<double>(count);
  return cell;
}

Cell Cell::bytes(std::int64_t bytes) {
  if (!is_present(bytes)) return {};
  Cell cell(format_bytes(Bytes(static_cast<double>(bytes))));
  cell.value = static_cast<double>(bytes);
  return cell;
}

Cell Cell::percent(double fraction) {
  if (!is_present(fraction)) return {};
  Cell cell(show_percent(fraction));
  cell.value = fraction;
  return cell;
}

void Table::add(std::vector<Cell> row) {
  assert(row.size() == columns.size());
  rows.push_back(std::move(row));
}

void Table::drop_empty_columns() {
  for (std::size_t i = columns.size(); i-- > 0;) {
    if (std::any_of(rows.begin(), rows.end(),
                    [&](const auto& row) { return !row[i].text.empty(); }))
      continue;
    const auto at = static_cast<std::ptrdiff_t>(i);
    columns.erase(columns.begin() + at);
    for (auto& row : rows) row.erase(row.begin() + at);
  }
}

namespace {

/// A column is set flush right when its cells are numbers.
bool is_numeric_column(const Table& table, std::size_t column) {
  return std::any_of(table.rows.begin(), table.rows.end(),
                     [&](const auto& row) { return row[column].is_number(); });
}

void add_cell(Node row, const Cell& cell, bool numeric, bool heads_row) {
  Node td = add(row, heads_row ? "th" : "td");
  if (heads_row) set(td, "scope", "row");
  if (!numeric && !heads_row) set(td, "class", "t");
  if (cell.link.empty())
    add_text(td, cell.text);
  else
    render::add(td, "a", {{"href", cell.link}}, cell.text);
}

}  // namespace

void add_table(Node parent, const Table& table, std::size_t most_rows) {
  // A box of its own, so that a wide table scrolls and the page does not; focusable, for the
  // keyboard.
  Node box = add(parent, "div", {{"class", "scroll"}, {"tabindex", "0"}, {"role", "group"}});
  set(box, "aria-label", "Table: " + table.caption);
  Node element = add(box, "table");
  add(element, "caption", {}, table.caption);
  Node head = add(add(element, "thead"), "tr");
  std::vector<bool> numeric;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    numeric.push_back(is_numeric_column(table, i));
    Node th = add(head, "th", {{"scope", "col"}}, table.columns[i].name);
    if (numeric.back()) set(th, "class", "n");
  }
  Node body = add(element, "tbody");
  const std::size_t shown = std::min(most_rows, table.rows.size());
  for (std::size_t r = 0; r < shown; ++r) {
    Node tr = add(body, "tr");
    for (std::size_t i = 0; i < table.columns.size(); ++i)
      add_cell(tr, table.rows[r][i], numeric[i], i == 0);
  }
  if (shown < table.rows.size())
    add(parent, "p", {{"class", "note"}},
        fmt::format(
            "The first {} of {} rows; all of them are in {}.csv, which --tables FOLDER writes.",
            shown, show_count(static_cast<std::int64_t>(table.rows.size())), table.id));
}

std::string to_csv(const Table& table) {
  std::string out;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    if (i > 0) out += ',';
    out += csv::text_cell(column.unit.empty() ? column.name
                                              : fmt::format("{} [{}]", column.name, column.unit));
  }
  out += '\n';
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += ',';
      out += row[i].is_number() ? csv::number_cell(row[i].value) : csv::text_cell(row[i].text);
    }
    out += '\n';
  }
  return out;
}

std::string escape_markdown(std::string_view text) {
  std::string out;
  for (const char c : displayable(text)) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else {
      if (std::string_view("\\`*_{}[]#|~@").find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string to_markdown(const Table& table, std::size_t most_rows) {
  std::string out = "|", rule = "|";
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    out += " " + escape_markdown(table.columns[i].name) + " |";
    rule += is_numeric_column(table, i) ? " ---: |" : " --- |";
  }
  out += "\n" + rule + "\n";
  const std::size_t shown = std::min(most_rows, table.rows.size());
  for (std::size_t r = 0; r < shown; ++r) {
    out += "|";
    for (const Cell& cell : table.rows[r]) out += " " + escape_markdown(cell.text) + " |";
    out += "\n";
  }
  if (shown < table.rows.size()) out += fmt::format("\n{} more rows.\n", table.rows.size() - shown);
  return out;
}

}  // namespace assay::render
