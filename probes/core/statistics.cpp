#include "probes/core/statistics.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cassert>
#include <cmath>
#include <numeric>
#include <random>

namespace assay {
namespace {

std::vector<double> sorted(std::span<const double> samples) {
  std::vector<double> copy(samples.begin(), samples.end());
  std::sort(copy.begin(), copy.end());
  return copy;
}

/// Not a + w(b-a) when both are equal or infinite: inf - inf would be NaN.
double between(double below, double above, double weight) {
  if (weight == 0 || below == above) return below;
  return below * (1 - weight) + above * weight;
}

double quantile_of_sorted(std::span<const double> ordered, double q) {
  const double position = q * static_cast<double>(ordered.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, ordered.size() - 1);
  const double weight = position - static_cast<double>(below);
  return between(ordered[below], ordered[above], weight);
}

/// The largest rank r (from 0) for which [x_r, x_(n-1-r)] covers the median with at least
/// `confidence`: P(median < x_r) = P(Binomial(n, 1/2) <= r), the same on the other side. 0 when
/// none does.
std::size_t interval_rank(std::size_t count, double confidence) {
  const boost::math::binomial half(static_cast<double>(count), 0.5);
  const double tail = (1 - confidence) / 2;
  std::size_t rank = 0;
  while (2 * (rank + 1) < count && boost::math::cdf(half, static_cast<double>(rank + 1)) <= tail)
    ++rank;
  return rank;
}

Interval interval_of_sorted(std::span<const double> ordered, double confidence) {
  const std::size_t rank = interval_rank(ordered.size(), confidence);
  return {ordered[rank], ordered[ordered.size() - 1 - rank]};
}

}  // namespace

double median(std::span<const double> samples) {
  return quantile(samples, 0.5);
}

double quantile(std::span<const double> samples, double q) {
  assert(!samples.empty() && q >= 0 && q <= 1);
  // Only its two neighbours need to be in their places.
  std::vector<double> copy(samples.begin(), samples.end());
  const double position = q * static_cast<double>(copy.size() - 1);
  const auto below = copy.begin() + static_cast<std::ptrdiff_t>(position);
  std::nth_element(copy.begin(), below, copy.end());
  const double weight = position - std::floor(position);
  if (weight == 0) return *below;
  return between(*below, *std::min_element(below + 1, copy.end()), weight);
}

double scaled_mad(std::span<const double> samples) {
  const double centre = median(samples);
  std::vector<double> deviations;
  deviations.reserve(samples.size());
  for (double sample : samples) deviations.push_back(std::abs(sample - centre));
  return 1.482602218505602 * median(deviations);
}

double mean(std::span<const double> samples) {
  assert(!samples.empty());
  return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

double standard_deviation(std::span<const double> samples) {
  assert(samples.size() >= 2);
  const double centre = mean(samples);
  double sum = 0;
  for (double sample : samples) sum += (sample - centre) * (sample - centre);
  return std::sqrt(sum / static_cast<double>(samples.size() - 1));
}

Interval median_interval(std::span<const double> samples, double confidence) {
  assert(!samples.empty());
  return interval_of_sorted(sorted(samples), confidence);
}

double median_interval_coverage(std::size_t samples, double confidence) {
  const std::size_t rank = interval_rank(samples, confidence);
  const boost::math::binomial half(static_cast<double>(samples), 0.5);
  // P(x_rank <= median <= x_(n-1-rank)) = 1 - 2 P(B <= rank).
  return 1 - 2 * boost::math::cdf(half, static_cast<double>(rank));
}

Interval bootstrap_interval(std::span<const double> samples,
                            const std::function<double(std::span<const double>)>& statistic,
                            int resamples, double confidence, std::uint64_t seed) {
  assert(!samples.empty() && resamples > 0);
  std::mt19937_64 generator(seed);
  std::uniform_int_distribution<std::size_t> pick(0, samples.size() - 1);
  std::vector<double> resample(samples.size());
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(resamples));
  for (int i = 0; i < resamples; ++i) {
    for (double& value : resample) value = samples[pick(generator)];
    values.push_back(statistic(resample));
  }
  std::sort(values.begin(), values.end());
  return {quantile_of_sorted(values, (1 - confidence) / 2),
          quantile_of_sorted(values, (1 + confidence) / 2)};
}

Summary summarise(std::span<const double> samples) {
  assert(!samples.empty());
  const std::vector<double> ordered = sorted(samples);
  const Interval interval = interval_of_sorted(ordered, 0.95);
  return {ordered.size(),
          quantile_of_sorted(ordered, 0.5),
          interval.low,
          interval.high,
          ordered.front(),
          ordered.back(),
          quantile_of_sorted(ordered, 0.05),
          quantile_of_sorted(ordered, 0.95)};
}

}  // namespace assay
