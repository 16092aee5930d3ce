#pragma once
/// @file
/// The lines of a table of times as cells: which line is the header, what separates the cells, and
/// which mark the numbers' decimals have.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/import/document.hpp"

namespace assay::import::times_csv {

/// Cells of a line by RFC 4180: quotes around a cell, doubled within. Nothing where a quote stays
/// open.
[[nodiscard]] std::optional<std::vector<std::string>> cells_of(std::string_view line,
                                                               char separator);
[[nodiscard]] bool is_comment(const std::string& text);
/// The first line that is no comment; null where there is none.
[[nodiscard]] const Line* header_line(const Document& document);
/// The separator that gives the header a column of times and one of ranks; 0 where none does.
[[nodiscard]] char separator_of(const std::string& header);

/// The decimal mark of all numbers of the file, and the mark between thousands, 0 for none.
struct Locale {
  char decimal = '.', thousands = '\0';
};
/// What one cell proves: "1.234,5" the marks of both kinds; "1,62" a decimal comma; "1,234"
/// nothing.
[[nodiscard]] std::optional<Locale> proof_of(const std::string& cell);

}  // namespace assay::import::times_csv
