#pragma once
/// @file
/// The tail at scale: when a request waits for the slowest of N, P(slow) = 1 - (1 - p)^N.
/// Source: Dean & Barroso, "The Tail at Scale", CACM 56(2), 2013. Assumes independent servers.

#include <optional>
#include <span>

#include "probes/core/statistics.hpp"

namespace assay::models {

/// 1 - (1 - p)^n, exact for small p. @pre 0 <= p <= 1, n >= 0
[[nodiscard]] double slow_probability(double p, double n);
/// The q-quantile of the slowest of n from samples of one; nothing when they do not reach that far
/// out (fewer than 10/(1 - q^(1/n)) samples): a tail nobody saw is not extrapolated.
[[nodiscard]] std::optional<double> slowest_quantile(std::span<const double> samples, double q,
                                                     double n);
/// How many samples of one slowest_quantile asks for.
[[nodiscard]] double samples_for_slowest(double q, double n);
/// Distribution-free 95 % interval of it, from order statistics: the ranks of the sample between
/// which the quantile of one lies (normal approximation of the binomial; at least ten samples lie
/// beyond it). The last sample stands in for an end beyond it. @pre slowest_quantile has a value;
/// samples ascending
[[nodiscard]] Interval slowest_quantile_interval(std::span<const double> ascending, double q,
                                                 double n);
/// Fan-out at which tax_per_lookup eats the whole budget. Both in s.
[[nodiscard]] double fan_out_limit(double lookup_time, double latency_budget);

}  // namespace assay::models
