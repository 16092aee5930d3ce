#include "reports/models/money/csv_cells.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace assay::models {

double number_in_cell(const std::string& cell, const std::string& file, std::size_t line,
                      const std::string& column, const std::string& expected) {
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  // Beyond these no time, price, speed or count of this world lies, and products of a few of them
  // are no numbers any more.
  const double size = std::abs(value);
  const bool is_possible = std::isfinite(value) && (size == 0 || (size > 1e-30 && size < 1e30));
  if (error != std::errc() || end != cell.data() + cell.size() || !is_possible)
    throw InputError(file, line, column, cell.empty() ? "is empty" : fmt::format("\"{}\"", cell),
                     expected);
  return value;
}

}  // namespace assay::models
