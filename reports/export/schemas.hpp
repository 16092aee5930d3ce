#pragma once
/// @file
/// JSON Schemas (draft 2020-12) of what a run directory holds. Those of CSV files are of one row as
/// an object: cells by the names of the header, numbers as numbers, empty cells as null.

#include <string>

namespace assay::exports {

/// @param file "run.json", "measurements.csv", "samples.csv" or "models.csv"; UsageError else.
[[nodiscard]] std::string schema_of(const std::string& file);

}  // namespace assay::exports
