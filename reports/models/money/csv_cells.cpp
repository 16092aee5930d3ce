#include "reports/models/money/csv_cells.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace assay::models {

double number_in_cell(const std::string& cell, const std::string& file, std::size_t line,
                      const std::string& column, const std::string& expected) {
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value))
    throw InputError(file, line, column, cell.empty() ? "is empty" : fmt::format("\"{}\"", cell),
                     expected);
  return value;
}

}  // namespace assay::models
