#pragma once
/// @file
/// Exact tests on signs and ranks, and the control of a family of them.
///
/// The sign test asks nothing of the distribution but independent pairs, so heavy-tailed and skewed
/// timings cost power, never false alarms. Sources: Conover, "Practical Nonparametric Statistics",
/// 1999, 3.4; Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist.
/// 6, 1979; Mann & Whitney, Ann. Math. Statist. 18, 1947; Benjamini & Hochberg, JRSS B 57, 1995;
/// Clopper & Pearson, Biometrika 26, 1934. Not covered: dependence between pairs. Fresh launches in
/// alternating order are taken as independent.

#include <cstddef>
#include <span>
#include <vector>

#include "probes/core/statistics.hpp"

namespace assay::gate {

/// P(at least `successes` heads of `trials` fair coins). @pre successes <= trials
[[nodiscard]] double binomial_upper_tail(int successes, int trials, double probability = 0.5);

/// One-sided p-value of "the median of the differences is above `threshold`". A difference equal to
/// the threshold counts against it. 1 for no differences.
[[nodiscard]] double sign_test(std::span<const double> differences, double threshold);

/// Fewest successes of `pairs` that a sign test at `alpha` rejects; pairs + 1 when none does.
[[nodiscard]] int sign_test_critical(int pairs, double alpha);

/// Fewest pairs with which a sign test can reject at `alpha` at all: ceil(log2(1 / alpha)).
/// @pre 0 < alpha < 1
[[nodiscard]] int sign_test_pairs_needed(double alpha);

/// p-values adjusted so that rejecting all at most `alpha` keeps the chance of any false rejection
/// at `alpha`, whatever their dependence. In the order given.
[[nodiscard]] std::vector<double> holm(std::span<const double> p_values);
/// The same promise, with alpha shared out by weights that were fixed before the p-values were
/// known (Holm 1979, section 4): equal weights are holm(). @pre equal lengths, weights > 0
[[nodiscard]] std::vector<double> weighted_holm(std::span<const double> p_values,
                                                std::span<const double> weights);

/// p-values adjusted so that rejecting all at most q keeps the expected share of false ones at q.
[[nodiscard]] std::vector<double> benjamini_hochberg(std::span<const double> p_values);

/// Interval of the median whose each bound holds with probability at least 1 - `one_sided_alpha`.
struct MedianBounds {
  Interval interval;
  /// What each bound really errs with; above `one_sided_alpha` when there are too few values for
  /// it, and the bounds are then the smallest and the largest.
  double one_sided_error = 1;
};
/// @pre values not empty
[[nodiscard]] MedianBounds median_bounds(std::span<const double> values, double one_sided_alpha);

/// For tests. p-value of the two-sided Mann-Whitney U test. Exact for up to 20 + 20 values without ties;
/// otherwise the normal approximation with tie and continuity correction. @pre both not empty
[[nodiscard]] double mann_whitney_two_sided(std::span<const double> a, std::span<const double> b);
/// One-sided: small when `b` tends to be larger than `a`.
[[nodiscard]] double mann_whitney_greater(std::span<const double> a, std::span<const double> b);

/// Interval of the shift b - a from the Mann-Whitney test (Hodges & Lehmann, Ann. Math. Statist.
/// 34, 1963): each bound errs with at most `one_sided_alpha`. With too few values for it, the
/// bounds are the extreme differences and `one_sided_error` says so. @pre both not empty
[[nodiscard]] MedianBounds shift_bounds(std::span<const double> a, std::span<const double> b,
                                        double one_sided_alpha);

/// Exact lower bound (Clopper-Pearson) of a rate seen `events` times in `trials`. 0 for no events.
[[nodiscard]] double binomial_lower_bound(int events, int trials, double confidence = 0.95);
/// Exact upper bound. 1 for as many events as trials, and for no trials.
[[nodiscard]] double binomial_upper_bound(int events, int trials, double confidence = 0.95);

}  // namespace assay::gate
