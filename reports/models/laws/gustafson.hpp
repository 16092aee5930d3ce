#pragma once
/// @file
/// Gustafson's law for weak scaling: S(N) = N - s (N-1), s = share of the parallel run that is
/// serial. Source: Gustafson, "Reevaluating Amdahl's Law", CACM 31(5), 1988. s below 0 is
/// superlinear.

#include "reports/models/core/model.hpp"
#include "reports/models/laws/scaling_law.hpp"

namespace assay::models {

struct GustafsonFit {
  LawFit fit;
  Estimate<double> serial_fraction;
};
[[nodiscard]] Outcome<GustafsonFit> fit_gustafson(const ScalingSeries& series,
                                                  int draws = bootstrap_draws,
                                                  std::uint64_t seed = 1);

}  // namespace assay::models
