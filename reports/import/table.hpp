#pragma once
/// @file
/// The rows of printed tables whose header names the columns, for formats that are no more than
/// that.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/import/format.hpp"

namespace assay::import {

/// One table as it is read: a header sets it up, rows are taken by names.
class TableReader {
 public:
  TableReader(const Document& document, std::vector<std::string_view> known)
      : document_(document), known_(std::move(known)) {}

  /// A header line; refuses columns that are not known. @param expected for the message.
  void header(const Line& line, const std::string& expected);
  void end() { columns_.clear(); }
  [[nodiscard]] bool is_open() const { return !columns_.empty(); }
  [[nodiscard]] bool has(std::string_view column) const { return index_of(column).has_value(); }

  /// Whether the line is a row of the open table; a row with another number of cells is refused.
  [[nodiscard]] bool take(const Line& line);
  /// Of the row taken last. Throws InputError for a column that the header has not.
  [[nodiscard]] std::string_view cell(std::string_view column) const;
  [[nodiscard]] double seconds(std::string_view column, double scale) const;
  [[nodiscard]] double rate(std::string_view column, double scale) const;
  [[nodiscard]] double number(std::string_view column) const;
  [[nodiscard]] std::int64_t bytes(std::string_view column) const;
  [[nodiscard]] std::int64_t count(std::string_view column) const;
  [[nodiscard]] std::size_t line() const { return line_; }
  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }
  /// Lines of all rows taken, for refuse_cut_number.
  [[nodiscard]] const std::vector<std::size_t>& row_lines() const { return row_lines_; }

 private:
  [[nodiscard]] std::optional<std::size_t> index_of(std::string_view column) const;

  const Document& document_;
  std::vector<std::string_view> known_;
  std::vector<std::string> columns_;
  std::vector<std::string> cells_;
  std::vector<std::size_t> row_lines_;
  std::size_t line_ = 0;
};

/// The text behind "KEY" and one of ":", "=" in a line that begins with KEY (blanks and # before
/// it do not matter); nothing in other lines.
[[nodiscard]] std::optional<std::string> value_behind(std::string_view line, std::string_view key);

}  // namespace assay::import
