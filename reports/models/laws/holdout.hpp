#pragma once
/// @file
/// Rolling-origin hold-out: fit without the largest 1, 2, 3 rank counts, predict them.
///
/// h = RMS of ln(T/T_predicted) over all predictions. Whether h is what noise alone would give is
/// told by a parametric bootstrap: made data from the law's own fit with the launches' deviation,
/// held out alike.

#include "reports/models/laws/scaling_law.hpp"

namespace assay::models {

struct Holdout {
  double error = 0;  ///< h; NaN when no rank count can be held out.
  int predictions = 0;
};
[[nodiscard]] Holdout holdout(const Law& law, const ScalingSeries& series);

/// Share of made data sets whose h is at least `observed`: small means that the family is wrong. 1
/// when nothing can be held out or the deviation is unknown.
[[nodiscard]] double holdout_p_value(const LawFit& fit, const ScalingSeries& series,
                                     double observed, int trials = 200, std::uint64_t seed = 1);

}  // namespace assay::models
