#include "reports/models/money/tail_latency.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace assay::models {

namespace {
/// Samples beyond a quantile that make it worth stating.
constexpr double samples_beyond = 10;
}  // namespace

double slow_probability(double p, double n) {
  assert(p >= 0 && p <= 1 && n >= 0);
  return p == 1 && n > 0 ? 1 : -std::expm1(n * std::log1p(-p));
}

std::optional<double> slowest_quantile(std::span<const double> samples, double q, double n) {
  const double beyond = -std::expm1(std::log(q) / n);
  if (static_cast<double>(samples.size()) < samples_for_slowest(q, n)) return std::nullopt;
  return quantile(samples, 1 - beyond);
}

double samples_for_slowest(double q, double n) {
  return std::ceil(samples_beyond / -std::expm1(std::log(q) / n) * (1 - 1e-12));
}

Interval slowest_quantile_interval(std::span<const double> ascending, double q, double n) {
  const auto count = static_cast<double>(ascending.size());
  const double beyond = -std::expm1(std::log(q) / n);
  const double middle = count * (1 - beyond);
  const double deviation = 1.959964 * std::sqrt(count * beyond * (1 - beyond));
  const auto at = [&](double rank) {
    return ascending[static_cast<std::size_t>(std::clamp(rank, 1.0, count)) - 1];
  };
  return {at(std::floor(middle - deviation)), at(std::ceil(middle + deviation) + 1)};
}

double fan_out_limit(double lookup_time, double latency_budget) {
  return latency_budget / lookup_time;
}

}  // namespace assay::models
