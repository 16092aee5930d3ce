#pragma once
/// @file
/// Keeps direct labels from lying on each other. Pure.

#include <vector>

namespace assay::render {

/// Positions as near to `wanted` as possible, at least `spacing` apart and inside [low, high], in
/// the same order as `wanted` sorts. When they cannot all fit, spacing shrinks evenly.
[[nodiscard]] std::vector<double> spread(const std::vector<double>& wanted, double spacing,
                                         double low, double high);

}  // namespace assay::render
