#pragma once
/// @file
/// Checks that a latency must pass before it may be believed; the CPU time and page guards are
/// those of bandwidth_guards.hpp.
///
///   possible  no load takes less than 0.4 ns: three cycles at more than 7 GHz
///   order     a level farther from the core is not faster: a prefetcher that guesses the chase
///   shows here

#include <vector>

#include "probes/core/record.hpp"

namespace assay::memory {

inline constexpr double least_load_time = 0.4e-9;

[[nodiscard]] Record guard_possible(Record row);
/// Compares rows of metric "time" and equal operation and placement whose level is known.
void guard_order(std::vector<Record>& rows);

}  // namespace assay::memory
