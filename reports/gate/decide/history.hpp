#pragma once
/// @file
/// Metrics over time, and where they changed. Advisory: it never turns a build red.
///
/// The store is a directory of run directories, or one CSV with the columns
/// `time,label,metric,unit,better,value` (better: lower or higher). Change points come from
/// change_points.hpp on ln(value); a series counts when its p-value passes Benjamini-Hochberg at q
/// = 0.05 over all metrics and the medians on both sides differ by at least delta.

#include <string>
#include <vector>

#include "reports/gate/decide/change_points.hpp"
#include "reports/gate/decide/report.hpp"

namespace assay::gate {

struct HistoryOptions {
  double delta = 0.00995;  ///< Smallest shift that counts, as |ln ratio|.
  double q = 0.05;
  std::size_t window = 200;  ///< Latest points of each series that are searched.
  ChangePointOptions search;
};

/// Series without changes, in the order of time. What cannot be read is skipped with a warning; a
/// store that holds nothing readable throws InputError.
[[nodiscard]] std::vector<HistorySeries> read_history(const std::string& store,
                                                      std::vector<std::string>& warnings);

/// Fills `changes` of every series; takes as many permutations as the number of series asks for.
void mark_changes(std::vector<HistorySeries>& series, const HistoryOptions& options = {});

}  // namespace assay::gate
