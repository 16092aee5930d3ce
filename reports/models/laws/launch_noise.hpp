#pragma once
/// @file
/// How far launches of one rank count lie apart, and what that says of their mean.
///
/// Noise is relative: x = ln T. s is pooled over the rank counts, nu = sum(r_i - 1), where their
/// deviations agree (Bartlett's test at 1 %); where they do not, each count has its own, shrunk to
/// the pooled one as if that were known from `shrinking_degrees` launches.
///   mean of r launches  exp(m +- t_nu sqrt(s^2/r + q^2/12/T^2)),  one launch more: s^2 (1 + 1/r)
/// q is the resolution of the clock or of the file: the largest 1, 2 or 5 times a power of ten of
/// which every time is a whole multiple. Equal repeats of a coarse clock are no proof of no noise.
///
/// A launch that lies further from the others of its count than their noise explains (externally
/// studentized deviation, 0.1 % over the whole series) is an outlier: it counts neither for the
/// mean nor for s, but for what one launch more may take. It takes three launches to tell which is
/// it. How often they come differs from count to count. Sources: Bartlett, Proc. R. Soc. A 160, 1937; Cook & Weisberg, "Residuals and Influence in
/// Regression", 1982, chapter 2; Smyth, Stat. Appl. Genet. Mol. Biol. 3(1), 2004 (the shrinking).
/// Not said: anything at another rank count.

#include <cstdint>
#include <vector>

#include "probes/core/statistics.hpp"
#include "reports/models/laws/series.hpp"

namespace assay::models {

/// Of the launches at one rank count, outliers left out.
struct CountNoise {
  double log_mean = 0;   ///< Of ln(T/s).
  double launches = 0;   ///< How many that mean is of.
  double deviation = 0;  ///< s: of ln T of one launch. NaN when nothing in the series is repeated.
  double degrees = 0;    ///< nu
  double floor = 0;  ///< Standard deviation of ln T that the resolution leaves, not averaged out.
  std::vector<double> outliers;  ///< ln(T/T of this count) of those left out.

  /// Standard error of log_mean, launches and resolution; NaN without repeats.
  [[nodiscard]] double error() const;
};

struct LaunchNoise {
  std::vector<CountNoise> counts;     ///< In the order of the points.
  double deviation = 0, degrees = 0;  ///< Pooled; NaN and 0 without repeats.
  bool unequal = false;               ///< The counts' deviations differ by more than chance.
  double resolution = 0;              ///< q in s.
  std::vector<double> outliers;       ///< ln(T/T of its count) of all those left out.
  double launches = 0;                ///< All of them.

  /// How often one more launch is an outlier: at a count that was measured its own share, shrunk to
  /// that of all as if that were known from `outlier_launches` launches; null: that of all.
  [[nodiscard]] double outlier_probability(const CountNoise* count) const;
};

/// What a job of that count takes on the average, over its typical time: outliers come as often
/// as outlier_probability says, each as far off as one that was seen.
[[nodiscard]] double mean_over_typical(const LaunchNoise& noise, const CountNoise* count);

/// @pre all times positive, no point without a time
[[nodiscard]] LaunchNoise launch_noise(const std::vector<ScalingPoint>& points);

struct LaunchMean {
  Estimate<double> time;  ///< s; no interval when nothing in the series was repeated.
  Interval single_run;    ///< s; where one more launch will fall.
};
[[nodiscard]] LaunchMean launch_mean(const CountNoise& count);

}  // namespace assay::models
