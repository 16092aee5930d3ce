#pragma once
/// @file
/// What the readers and writers of a run directory's CSV files have in common. For probes/core
/// only; the columns of a row stand in record.hpp.

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "probes/core/record.hpp"

namespace assay::csv {

/// Characters that make a spreadsheet take a text cell for a formula.
inline constexpr std::string_view formula_starts = "=+-@\t\r";

inline constexpr std::size_t measurement_column_count = 31;
/// Of them, those that every file has: schema 1. The others were appended later.
inline constexpr std::size_t first_schema_column_count = 28;
/// Of them, those that samples.csv has too.
inline constexpr std::size_t key_column_count = 17;

[[nodiscard]] inline std::vector<const Column*> key_columns() {
  std::vector<const Column*> keys;
  for (const Column& column : measurement_columns())
    if (column.is_key) keys.push_back(&column);
  return keys;
}

inline constexpr std::array<std::string_view, 9> model_columns{
    "model", "subject", "parameter", "unit", "value", "ci_low", "ci_high", "label", "note"};

}  // namespace assay::csv
