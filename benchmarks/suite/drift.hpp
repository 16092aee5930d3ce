#pragma once
/// @file
/// Did the machine change while a study ran? The first point is repeated last; the two launches
/// must not differ by more than launches do.
///
///   d = ln(T_last / T_first), compared with 3 sqrt(2) s, s = pooled log deviation of the other
///   launches of the study; a difference below 2 % is never called a drift.
///
/// Not seen: a drift that came and went in between. It is scatter: the order of launches is random.

#include <string>
#include <vector>

#include "probes/core/record.hpp"
#include "probes/run/run_directory.hpp"

namespace assay::suite {

struct DriftQuestion {
  std::string probe, scaling;
  int ranks = 1;  ///< Of the repeated point.
  int first_launch = 1, last_launch = 2;
};

/// One check named "drift" for each series of the study (rows that differ only in ranks, nodes and
/// launch): passed or warning with both times, unknown when one of the two launches has no time.
[[nodiscard]] std::vector<ValidityCheck> drift_checks(const std::vector<Record>& rows,
                                                      const DriftQuestion& question);

}  // namespace assay::suite
