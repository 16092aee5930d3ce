#pragma once
/// @file
/// Amdahl's law for strong scaling: T(N) = a + b/N, serial fraction f = a/(a+b), speedup at most
/// 1/f.
///
/// Karp-Flatt e(N) = (1/S - 1/N)/(1 - 1/N) must not rise with N: where its slope's interval lies
/// above zero, overhead grows with N and no limit is stated. Source: Amdahl, AFIPS 1967; Karp &
/// Flatt, CACM 33(5), 1990.

#include <string>
#include <vector>

#include "reports/models/core/model.hpp"
#include "reports/models/laws/scaling_law.hpp"

namespace assay::models {

struct KarpFlattPoint {
  double ranks = 0;
  Estimate<double> serial_fraction;  ///< e(N) with se(e) = se(S)/(S^2 (1 - 1/N)).
};
struct KarpFlatt {
  std::vector<KarpFlattPoint> points;  ///< One per rank count above the smallest.
  Estimate<double> slope;              ///< Of e per doubling of N.
  bool overhead_grows = false;         ///< The slope's interval lies above zero.
};
[[nodiscard]] Outcome<KarpFlatt> karp_flatt(const ScalingSeries& series);

struct AmdahlFit {
  std::string subject;
  LawFit fit;  ///< Parameters a, b, draws; `fit.at(n)` is curve and band at any N.
  Estimate<double> serial_fraction;
  /// 1/f. The high end is infinite when the interval of f reaches 0.
  Estimate<double> speedup_limit;
  bool limit_stated = true;  ///< False when overhead grows with N: then there is no such limit.
  KarpFlatt karp_flatt;
  ScalingSeries series;  ///< Every launch as a dot.

  [[nodiscard]] Prediction at(double ranks) const { return fit.at(ranks); }
};

/// @pre series.scaling is strong; unsupported otherwise, and for fewer than two rank counts.
[[nodiscard]] Outcome<AmdahlFit> fit_amdahl(const ScalingSeries& series,
                                            int draws = bootstrap_draws, std::uint64_t seed = 1);

}  // namespace assay::models
