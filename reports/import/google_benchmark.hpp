#pragma once
/// @file
/// Google Benchmark's JSON, as both the report and the gate take it: one reader for all versions.
///
/// Rows of BigO and RMS are no times. Aggregates are told by run_type, and where that is missing
/// (before 1.5) by their names beside the repetitions they sum up; they count only where the file
/// holds no repetition, and then only the median. A skipped or failed benchmark has no value but
/// its message. Counters that are not finite are absent.

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace assay::import {

struct GoogleBenchmarkEntry {
  std::string name;  ///< Without what an aggregate appends.
  std::int64_t threads = 1;
  /// Why there is no value: "skipped" or "error", and the message. Empty where there is one.
  std::string absence, message;
  double real_time = 0, cpu_time = 0;      ///< s; 0 where the file has none.
  std::map<std::string, double> counters;  ///< Of the user; finite ones.
};

/// @param what names the input in messages. Throws InputError.
[[nodiscard]] std::vector<GoogleBenchmarkEntry> google_benchmark_entries(
    const nlohmann::json& document, const std::string& what);

}  // namespace assay::import
