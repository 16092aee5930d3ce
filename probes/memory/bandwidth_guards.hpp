#pragma once
/// @file
/// Checks that a bandwidth must pass before it may be believed. Pure: rows in, rows out.
///
///   cpu time       the threads had their cores: CPU/wall ratio at least 0.90
///   pages          at least 90 % of the bytes are in pages of the size asked for
///   monotone       a level nearer to the core is not slower: L1 > L2 > L3 > DRAM
///   store ratio    non-temporal stores are not slower than normal ones and give at most 2.0 times
///                  the best of normal and prefetched ones, and only in DRAM
/// A row that fails keeps its numbers and becomes untrusted, with the figures in the reason.

#include <optional>
#include <string>
#include <vector>

#include "probes/core/record.hpp"

namespace assay::memory {

inline constexpr double least_cpu_wall_ratio = 0.90;
inline constexpr double least_page_fraction = 0.90;
inline constexpr double least_store_ratio = 1.0;
inline constexpr double largest_store_ratio = 2.0;

/// Marks the row when its threads waited.
[[nodiscard]] Record guard_cpu_time(Record row);
/// Marks the row when `huge_fraction` of its memory is in huge pages but `huge_wanted` says
/// otherwise; with no fraction known, the row is left alone.
[[nodiscard]] Record guard_pages(Record row, std::optional<double> huge_fraction, bool huge_wanted);

/// Both compare rows of metric "rate" with equal threads and placement. Two medians whose intervals
/// overlap are not told apart, so they break no order.
void guard_monotone(std::vector<Record>& rows);
void guard_store_ratio(std::vector<Record>& rows);

}  // namespace assay::memory
