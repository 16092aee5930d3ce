#pragma once
/// @file
/// Small CSV files of the user as text cells, each with its line: prices, times, results of other
/// tools. Parsing is libfccp's; lines that start with # are comments, columns may stand in any
/// order, unknown ones are ignored. Throws InputError that names file, line, column and what was
/// expected.

#define CSV_IO_NO_THREAD
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstringop-truncation"
#include <csv.h>
#pragma GCC diagnostic pop

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <tuple>
#include <vector>

#include "probes/core/errors.hpp"

namespace assay::models {

template <std::size_t Columns>
struct CellRow {
  std::size_t line = 0;
  std::array<std::string, Columns> cells;  ///< Empty for an optional column that is not there.
};

/// The cell as a number. Throws InputError for anything that is not a finite number.
[[nodiscard]] double number_in_cell(const std::string& cell, const std::string& file,
                                    std::size_t line, const std::string& column,
                                    const std::string& expected);

/// @param expected what the file should be, for the message when it cannot be read.
/// @param required how many of the columns, from the first, have to be there
template <std::size_t Columns>
[[nodiscard]] std::vector<CellRow<Columns>> read_cells(
    const std::filesystem::path& file, const std::array<const char*, Columns>& columns,
    const std::string& expected, std::size_t required = Columns) {
  using Reader =
      io::CSVReader<Columns, io::trim_chars<' ', '\t', '\r'>, io::double_quote_escape<',', '"'>,
                    io::throw_on_overflow, io::single_and_empty_line_comment<'#'>>;
  const auto fail = [&](std::size_t line, const std::string& problem) {
    return InputError(file.string(), line, "", problem, expected);
  };
  std::vector<CellRow<Columns>> rows;
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) throw fail(0, "cannot be read");
  std::size_t line = 0;
  try {
    Reader reader(file.string());
    std::apply(
        [&](auto... names) {
          reader.read_header(io::ignore_extra_column | io::ignore_missing_column, names...);
        },
        columns);
    for (std::size_t i = 0; i < required; ++i)
      if (!reader.has_column(columns[i]))
        throw InputError(file.string(), 1, columns[i], "is missing", expected);
    std::array<char*, Columns> cells{};
    while (std::apply([&](auto&... cell) { return reader.read_row(cell...); }, cells)) {
      line = reader.get_file_line();
      CellRow<Columns>& row = rows.emplace_back();
      row.line = line;
      for (std::size_t i = 0; i < Columns; ++i)
        if (cells[i] != nullptr) row.cells[i] = cells[i];
    }
  } catch (const io::error::header_missing&) {
    throw fail(1, "no header line");
  } catch (const io::error::too_few_columns&) {
    throw fail(line + 1, "too few columns");
  } catch (const io::error::too_many_columns&) {
    throw fail(line + 1, "too many columns");
  } catch (const io::error::base& problem) {
    throw fail(line + 1, problem.what());
  }
  return rows;
}

}  // namespace assay::models
