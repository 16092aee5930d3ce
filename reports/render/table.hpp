#pragma once
/// @file
/// A table of the report: shown as HTML, written as CSV and as Markdown from the same cells.
/// In HTML a number stands as people read it ("1.234 us"); in CSV it stands in full, in SI base
/// units, with the unit in the column's name.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/record.hpp"
#include "reports/render/html.hpp"

namespace assay::render {

struct Cell {
  std::string text;       ///< As shown.
  double value = absent;  ///< As written to CSV, when it is a number.
  std::string link;       ///< Relative, e.g. "measurements.csv#row=17"; empty: none.

  Cell() = default;
  Cell(std::string_view shown) : text(shown) {}             // NOLINT: a text is a cell
  Cell(const std::string& shown) : text(shown) {}           // NOLINT
  Cell(const char* shown) : text(shown) {}                  // NOLINT
  Cell(assay::InternedString shown) : text(shown.str()) {}  // NOLINT
  /// A number with its unit (one of unit::, or a currency code). "" when absent.
  static Cell quantity(double value, std::string_view unit_name);
  static Cell count(std::int64_t count);
  /// "64 KiB"
  static Cell bytes(std::int64_t bytes);
  /// "12.3 %" for 0.123
  static Cell percent(double fraction);
  [[nodiscard]] bool is_number() const { return is_present(value); }
};

struct Column {
  std::string name;
  std::string unit;  ///< For CSV: "median [s]". Empty: none.
};

struct Table {
  std::string id = {};  ///< Unique in the report; also the name of its CSV file.
  std::string caption = {};
  std::vector<Column> columns = {};
  std::vector<std::vector<Cell>> rows = {};  ///< Each as long as `columns`.

  void add(std::vector<Cell> row);
  /// Columns in which no row says anything.
  void drop_empty_columns();
};

/// A <table> below `parent`, with at most `most_rows` rows, and a line that says how many are left
/// out.
void add_table(Node parent, const Table& table, std::size_t most_rows = 24);
/// RFC 4180, cells defused for spreadsheets as in probes/run/csv.hpp.
[[nodiscard]] std::string to_csv(const Table& table);
/// GitHub Markdown; every character with a meaning there is escaped.
[[nodiscard]] std::string to_markdown(const Table& table, std::size_t most_rows = 20);
[[nodiscard]] std::string escape_markdown(std::string_view text);

}  // namespace assay::render
