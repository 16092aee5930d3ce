#pragma once
/// @file
/// The rule of the gate, as arithmetic: screen, confirm on fresh pairs, verdict, detectable effect.
///
/// A difference d is ln(head / base), turned so that positive means worse. Screening looks at
/// `screen_pairs` pairs and suspects a metric when median d > delta and a one-sided t or sign test
/// of d > delta has p < `screen_p`. Suspects are launched again; only those fresh pairs decide:
/// sign test of d > delta, Holm over the m suspects at `alpha`. As the second stage shares no data
/// with the first, the chance of any false "regressed" in a run is at most `alpha`, whatever the
/// screen does and however the metrics depend on each other. Improvements go the same way,
/// mirrored, as a family of their own.
///
/// Two things that the screen knows are used, because they cost no launch and no promise. Holm's
/// shares of alpha are not equal: the r-th strongest in the screening has weight 1/r^2, so that the
/// strongest keeps at least 0.6 alpha however many noisy metrics are suspected beside it. And once
/// there are fresh pairs, every metric whose median d of the screening exceeds delta is tested on
/// them, behind the suspects: heavy tails hide a shift from six pairs, not from their median.
///
/// "Same" is a statement with a margin: the order-statistic interval (one-sided 5 %) lies within
/// +-`margin`, and for a suspect the fresh sign test must not even hint (p > `screen_p`) at d >
/// delta. `margin` is wider than `delta` because six pairs at ordinary noise cannot exclude a
/// change of 1 %, but do exclude one of 5 %; what could have been missed is printed as the
/// detectable effect. A metric that is neither suspect nor same after the screening gets the fresh
/// pairs too, and they decide between same and inconclusive.
/// Not covered: a change of the spread alone, and metrics that are zero or negative.

#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/statistics.hpp"
#include "reports/gate/read/metric.hpp"

namespace assay::gate {

enum class Verdict { regressed, improved, same, inconclusive };
[[nodiscard]] std::string_view to_string(Verdict verdict);

struct Rule {
  double delta = std::log(1.01);   ///< Smallest change worth a red build, as |ln ratio|.
  double margin = std::log(1.05);  ///< "Same" excludes changes beyond it, as |ln ratio|.
  double alpha = 0.01;             ///< Chance of any false red in a run, at most.
  double screen_p = 0.11;          ///< Lets five of six pairs suspect (p = 0.109).
  int screen_pairs = 6;
  int confirm_pairs = 20;
  double detection_power = 0.9;  ///< Of the detectable effect.
};

/// d of one pair. NaN when either value is not positive and finite. With `by_difference`, for
/// fitted fractions that may be 0, head - base instead of the log ratio.
[[nodiscard]] double difference(double base, double head, Better better,
                                bool by_difference = false);

enum class Suspicion { none, slower, faster };
/// @pre no NaN. Fewer than two differences suspect nothing.
[[nodiscard]] Suspicion screen(std::span<const double> differences, const Rule& rule);
/// Where the median points when it is beyond delta: too little to pay for fresh pairs, enough to
/// look at those that there are. @pre not empty, no NaN
[[nodiscard]] Suspicion leaning(std::span<const double> differences, const Rule& rule);
/// How clearly the screening shows it, for the order among suspects: the t statistic of the change
/// beyond delta, in the direction suspected. @pre not empty, no NaN
[[nodiscard]] double strength_of(std::span<const double> differences, Suspicion suspicion,
                                 const Rule& rule);

/// The outcome for one metric.
struct Decision {
  Verdict verdict = Verdict::inconclusive;
  std::string reason;  ///< Of an inconclusive verdict, and of anything worth a remark.
  double median = absent_difference;  ///< Of d.
  Interval interval;                  ///< Of the median of d.
  double one_sided_error = 1;         ///< What each bound of the interval errs with.
  double p_value = 1;  ///< Holm-adjusted, in the direction suspected; 1 if never suspected.
  static constexpr double absent_difference = std::numeric_limits<double>::quiet_NaN();
};

/// Of a metric that the screen did not suspect: same or inconclusive, on whatever pairs it has.
/// @pre differences not empty, no NaN
[[nodiscard]] Decision decide_unsuspected(std::span<const double> differences, const Rule& rule);

/// One suspect with its fresh pairs.
struct Suspect {
  Suspicion suspicion = Suspicion::slower;
  std::vector<double> differences;
  /// In the screening, whose data the fresh pairs do not share.
  double strength = 0;
  bool only_leans = false;  ///< Ranks behind all that the screen suspected.
  /// A fitted parameter: its paired bootstrap interval must agree with the sign test.
  bool fitted = false;
};
/// Of all suspects together: the family that Holm's correction is about. @pre no NaN
[[nodiscard]] std::vector<Decision> decide_confirmed(std::span<const Suspect> suspects,
                                                     const Rule& rule);

/// Holm's share of alpha for the suspect of that rank, 1 being the strongest, of so many.
[[nodiscard]] double share_of_alpha(int rank, int suspects);
/// Fresh pairs without which not even the strongest of a family of `suspects` could be significant.
[[nodiscard]] int confirm_pairs_needed(int suspects, const Rule& rule);

/// Chance that the whole rule reports a true slow-down of `effect` (a ln ratio) as regressed, for
/// normal differences of standard deviation `spread`, as the strongest of `suspects` suspects.
[[nodiscard]] double detection_probability(double effect, double spread, const Rule& rule,
                                           int suspects = 1);

/// Smallest slow-down (a ln ratio) that the rule finds with `rule.detection_power`; nothing when it
/// finds none that well. It is delta + c * spread, with c from `detectable_spreads`. Larger than
/// delta + (z_{1-alpha} + z_{.9}) * spread / sqrt(K), which counts neither the screen nor the price
/// of the sign test. For tests.
[[nodiscard]] std::optional<double> detectable_effect(double spread, const Rule& rule,
                                                      int suspects = 1);
/// c above: how many standard deviations beyond delta are found. It depends on the rule alone.
[[nodiscard]] std::optional<double> detectable_spreads(const Rule& rule, int suspects = 1);

}  // namespace assay::gate
