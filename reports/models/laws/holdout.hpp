#pragma once
/// @file
/// Rolling-origin hold-out: fit without the largest 1, 2, 3 rank counts, predict them.
///
/// h = RMS of ln(T/T_predicted) over all predictions. It is shown beside a law's evidence
/// (posterior.hpp), which decides.

#include "reports/models/laws/scaling_law.hpp"

namespace assay::models {

struct Holdout {
  double error = 0;  ///< h; NaN when no rank count can be held out.
  int predictions = 0;
};
[[nodiscard]] Holdout holdout(const Law& law, const ScalingSeries& series);

}  // namespace assay::models
