#pragma once
/// @file
/// Google Benchmark's JSON (--benchmark_format=json) as a launch of the gate.
///
/// One metric per benchmark name: real time (or CPU time), in seconds, lower is better. Repetitions
/// of one name are values of one launch. Aggregates (mean, median, ...) are used only where the
/// file holds no repetition itself, and then only the median. A benchmark with an error has no
/// value. User counters are read where `counters` names them, in place of the time: a benchmark
/// that does as much work as fits into a fixed time says nothing by that time. Counters named by
/// `exact` must not change at all.

#include <nlohmann/json_fwd.hpp>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "reports/gate/read/metric.hpp"

namespace assay::gate {

struct GoogleBenchmarkOptions {
  bool cpu_time = false;          ///< CPU time instead of wall time.
  std::vector<std::regex> exact;  ///< User counters, as NAME/COUNTER, that any change of fails.
  /// User counters, as NAME/COUNTER. Those that end in "/s" or "_per_second" are rates: higher is
  /// better; of others, lower.
  std::vector<std::regex> counters;
};

/// @param what names the input in messages: a file, or a command.
/// Throws InputError for text that is not Google Benchmark's JSON (cut off, another format, no
/// benchmark).
[[nodiscard]] Launch read_google_benchmark(std::string_view text, const std::string& what,
                                           const GoogleBenchmarkOptions& options = {});
/// The "context" member: what machine and build the numbers are from. Null when there is none.
[[nodiscard]] nlohmann::json google_benchmark_context(std::string_view text);

}  // namespace assay::gate
