#pragma once
/// @file
/// What nccl-tests and rccl-tests measure, whether they printed it as a table or as JSON.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reports/import/format.hpp"

namespace assay::import {

/// One run of one program.
struct NcclRun {
  std::string program;  ///< "all_reduce_perf"; empty where the log does not say.
  std::string library = "nccl";
  std::int64_t ranks = absent_count;
  std::set<std::string> hosts;
  std::string launch = "1";
  bool has_other_groups = false;  ///< Other communicators ran at the same time.
  bool cpu_time = false;          ///< Times are the CPU's (-C 1), not those of the collective.
  /// Values outside of their bounds that the program counted over the whole run; absent when the
  /// log does not say.
  std::int64_t out_of_bounds = absent_count;
};

/// One direction of a row: out of place or in place.
struct NcclCells {
  std::size_t line = 0;
  bool in_place = false;
  std::int64_t bytes = 0;
  std::string dtype, operation, root;
  double seconds = 0, algorithm_rate = 0, bus_rate = 0;
  enum class Check { right, wrong, exceeded, none, bounds } check = Check::none;
  std::string wrong;  ///< As printed, where check is wrong or exceeded.
};

/// What stands at the end of a record's operation whose buffers were in place.
inline constexpr const char* operation_in_place = "in place";

/// The records of a run. Names the collective by the program, or, where no line names it, by what
/// the table itself proves: operator, root and the ratio of bus to algorithm bandwidth.
void add_nccl_run(const Document& document, const NcclRun& run, const std::vector<NcclCells>& rows,
                  Imported& imported);

}  // namespace assay::import
