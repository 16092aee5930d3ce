#pragma once
/// @file
/// The interval of a point that was measured in several rounds: it holds for the next run, because
/// its replicate is the round and not the sample.
///
///   y_i = ln(median of round i), i = 1..n       s^2 = variance of y (n - 1 degrees)
///   s~^2 = (d0 s0^2 + (n-1) s^2) / (d0 + n - 1)     "moderated": s0, d0 of the point's family
///   interval = exp(mean y +- t(0.975; d0 + n - 1) s~ / sqrt(n))
///
/// A handful of rounds knows its own spread badly; points of one kind (one probe, one path) know it
/// together. Sources: Student's t; Smyth, "Linear models and empirical Bayes methods", 2004,
/// eq. 3 (moderated variance, here with a fixed d0). Earlier runs of the same machine say how far
/// runs lie apart; where that is more, it is the interval. Values that are not all positive are
/// treated on their own scale. Not covered: what changes slower than the run lasts, unless earlier
/// runs saw it.

#include <cstdint>
#include <span>
#include <vector>

#include "probes/core/statistics.hpp"

namespace assay {

/// What is known of a spread from elsewhere: relative (of the log), with its degrees of freedom.
struct KnownSpread {
  double spread = 0;
  double degrees = 0;  ///< 0: nothing is known.
};

struct RoundsSummary {
  double value = 0;           ///< Median of the round medians.
  Interval interval;          ///< 95 %; NaN where neither rounds nor family nor history tell.
  double between_spread = 0;  ///< Relative; of the rounds themselves, or borrowed.
};

/// @param medians one per round. @param within 95 % interval inside the round, which is all there
/// is of a single one. @param family spread between rounds of points of its kind
/// @param history spread between runs of this machine. @pre medians not empty, finite
[[nodiscard]] RoundsSummary summarise_rounds(std::span<const double> medians, Interval within,
                                             KnownSpread family = {}, KnownSpread history = {});

/// Spread of the log of the values with n - 1; relative to their mean where not all are positive.
/// 0 for a single one.
[[nodiscard]] double relative_spread(std::span<const double> values);

/// Half width of the interval over |value|; 0 for a value of 0 without an interval.
[[nodiscard]] double relative_half_width(double value, Interval interval);

/// By how much an interval over n dependent samples is too narrow when it takes them for
/// independent: sqrt((1 + r) / (1 - r)), r = correlation of neighbours, of the ranks, not below 0.
/// Source: Priestley, "Spectral Analysis and Time Series", 1981 (AR(1)). 1 for fewer than 8
/// samples.
[[nodiscard]] double dependence_factor(std::span<const double> in_order);

}  // namespace assay
