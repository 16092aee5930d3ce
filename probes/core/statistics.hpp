#pragma once
/// @file
/// Order statistics and resampling for samples of unknown distribution.
///
/// Medians with rank-based intervals, never a mean of means: timings are skewed to the right and a
/// mean follows the tail. Sources: Hoefler & Belli, "Scientific Benchmarking of Parallel Computing
/// Systems", SC'15 (rules 5 to 8); Hyndman & Fan, "Sample Quantiles in Statistical Packages", 1996
/// (type 7); Efron & Tibshirani, "An Introduction to the Bootstrap", 1993 (percentile interval).
/// Not covered: dependence between samples. The replicate is a launch; samples of one launch are
/// not independent, and an interval over them speaks of that launch alone.

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

namespace assay {

struct Interval {
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  [[nodiscard]] double width() const { return high - low; }
  [[nodiscard]] bool contains(double value) const { return low <= value && value <= high; }
};

/// A value with its confidence interval (95 % unless the producer says otherwise).
template <class T>
struct Estimate {
  T value{};
  T low{};
  T high{};
};

/// All functions take samples in any order. @pre not empty, no NaN.
[[nodiscard]] double median(std::span<const double> samples);
/// Type 7 of Hyndman & Fan (linear between order statistics). @pre 0 <= q <= 1
[[nodiscard]] double quantile(std::span<const double> samples, double q);
/// Median absolute deviation times 1.4826, which estimates sigma where the data are normal.
[[nodiscard]] double scaled_mad(std::span<const double> samples);
[[nodiscard]] double mean(std::span<const double> samples);
/// With n - 1. @pre at least two samples
[[nodiscard]] double standard_deviation(std::span<const double> samples);

/// Interval of the median from order statistics (binomial): distribution-free, coverage at least
/// `confidence`. With too few samples for it (fewer than 6 at 95 %) it is [min, max], whose
/// coverage 1 - 2^(1-n) is lower.
[[nodiscard]] Interval median_interval(std::span<const double> samples, double confidence = 0.95);
/// For tests. Its coverage.
[[nodiscard]] double median_interval_coverage(std::size_t samples, double confidence = 0.95);

/// Percentile bootstrap of any statistic. Deterministic for a given seed.
[[nodiscard]] Interval bootstrap_interval(
    std::span<const double> samples,
    const std::function<double(std::span<const double>)>& statistic, int resamples = 2000,
    double confidence = 0.95, std::uint64_t seed = 1);

/// The order statistics of a result row.
struct Summary {
  std::size_t count = 0;
  double median, ci_low, ci_high, min, max, p05, p95;
};
[[nodiscard]] Summary summarise(std::span<const double> samples);

}  // namespace assay
