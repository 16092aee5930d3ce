#pragma once
/// @file
/// Gunther's universal scalability law: X(N) = gamma N/(1 + sigma (N-1) + kappa N (N-1)).
///
/// Its time, T = (1/gamma)[1/N + sigma (N-1)/N + kappa (N-1)], is linear in 1/gamma, sigma/gamma,
/// kappa/gamma, so it is fitted like the other laws and its intervals have n - 3 (or the launches')
/// degrees of freedom and widen with N. A named curve: the report makes no separate claim from it.
/// Source: Gunther, "Guerrilla Capacity Planning", 2007.

#include "reports/models/core/model.hpp"
#include "reports/models/laws/scaling_law.hpp"

namespace assay::models {

struct UslFit {
  LawFit fit;
  Estimate<double> gamma;  ///< Hz: steps per second of one rank.
  Estimate<double> sigma;  ///< Contention.
  Estimate<double> kappa;  ///< Coherency.
  /// sqrt((1 - sigma)/kappa): beyond it more ranks are slower. Infinite without coherency cost.
  Estimate<double> peak_ranks;
};
[[nodiscard]] Outcome<UslFit> fit_usl(const ScalingSeries& series, int draws = bootstrap_draws,
                                      std::uint64_t seed = 1);

}  // namespace assay::models
