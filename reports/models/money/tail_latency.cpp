#include "reports/models/money/tail_latency.hpp"

#include <cassert>
#include <cmath>

#include "probes/core/statistics.hpp"

namespace assay::models {

namespace {
/// Samples beyond a quantile that make it worth stating.
constexpr double samples_beyond = 10;
}  // namespace

double slow_probability(double p, double n) {
  assert(p >= 0 && p <= 1 && n >= 0);
  return p == 1 && n > 0 ? 1 : -std::expm1(n * std::log1p(-p));
}

double quantile_of_one(double q, double n) {
  assert(q > 0 && q < 1 && n >= 1);
  return std::exp(std::log(q) / n);
}

std::optional<double> slowest_quantile(std::span<const double> samples, double q, double n) {
  const double beyond = -std::expm1(std::log(q) / n);
  if (static_cast<double>(samples.size()) * beyond < samples_beyond) return std::nullopt;
  return quantile(samples, 1 - beyond);
}

double fan_out_limit(double lookup_time, double latency_budget) {
  return latency_budget / lookup_time;
}

}  // namespace assay::models
