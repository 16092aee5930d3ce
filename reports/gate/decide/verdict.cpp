#include "reports/gate/decide/verdict.hpp"

#include <algorithm>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cassert>

#include "reports/gate/decide/sign_test.hpp"

namespace assay::gate {
namespace {

std::vector<double> mirrored(std::span<const double> differences) {
  std::vector<double> result(differences.begin(), differences.end());
  for (double& value : result) value = -value;
  return result;
}

/// One-sided t test of mean > threshold; for a spread of zero, whether the constant is above it.
double t_test(std::span<const double> differences, double threshold) {
  const double spread = standard_deviation(differences);
  const double excess = mean(differences) - threshold;
  if (spread == 0) return excess > 0 ? 0 : 1;
  const double count = static_cast<double>(differences.size());
  return boost::math::cdf(boost::math::complement(boost::math::students_t(count - 1),
                                                  excess / (spread / std::sqrt(count))));
}

/// The t test sees small shifts of well-behaved noise; the sign test still sees a large shift when
/// one launch is an outlier, which blows up the t test's spread.
bool looks_slower(std::span<const double> differences, const Rule& rule) {
  return median(differences) > rule.delta && (t_test(differences, rule.delta) < rule.screen_p ||
                                              sign_test(differences, rule.delta) < rule.screen_p);
}

Decision with_bounds(std::span<const double> differences, double one_sided_alpha) {
  Decision decision;
  decision.median = median(differences);
  const MedianBounds bounds = median_bounds(differences, one_sided_alpha);
  decision.interval = bounds.interval;
  decision.one_sided_error = bounds.one_sided_error;
  return decision;
}

bool within(const Interval& interval, double margin) {
  return -margin < interval.low && interval.high < margin;
}

/// The bootstrap resamples pairs, so that what base and head of a pair share cancels in each
/// resample.
bool bootstrap_agrees(std::span<const double> worse, double delta, double one_sided_alpha) {
  const int resamples = static_cast<int>(std::clamp(20 / one_sided_alpha, 2000.0, 50000.0));
  const Interval interval = bootstrap_interval(
      worse, [](std::span<const double> sample) { return median(sample); }, resamples,
      1 - 2 * one_sided_alpha);
  return interval.low > delta;
}

/// The order in which alpha is shared out: known before any fresh pair is.
std::vector<std::size_t> strongest_first(std::span<const Suspect> suspects, Suspicion direction) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < suspects.size(); ++i)
    if (suspects[i].suspicion == direction) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (suspects[a].only_leans != suspects[b].only_leans) return suspects[b].only_leans;
    return suspects[a].strength > suspects[b].strength;
  });
  return order;
}

/// Fresh pairs hint at nothing, and exclude a change beyond the margin.
bool cleared(const Suspect& suspect, double p_value, const Rule& rule) {
  return p_value > rule.screen_p &&
         decide_unsuspected(suspect.differences, rule).verdict == Verdict::same;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::regressed:
      return "regressed";
    case Verdict::improved:
      return "improved";
    case Verdict::same:
      return "same";
    case Verdict::inconclusive:
      return "inconclusive";
  }
  return "";
}

double difference(double base, double head, Better better, bool by_difference) {
  const double direction = better == Better::higher ? -1 : 1;
  if (by_difference) return direction * (head - base);
  const bool usable = base > 0 && head > 0 && std::isfinite(base) && std::isfinite(head);
  return usable ? direction * std::log(head / base) : Decision::absent_difference;
}

Suspicion screen(std::span<const double> differences, const Rule& rule) {
  if (differences.size() < 2) return Suspicion::none;
  if (looks_slower(differences, rule)) return Suspicion::slower;
  if (looks_slower(mirrored(differences), rule)) return Suspicion::faster;
  return Suspicion::none;
}

Suspicion leaning(std::span<const double> differences, const Rule& rule) {
  const double middle = median(differences);
  if (middle > rule.delta) return Suspicion::slower;
  return middle < -rule.delta ? Suspicion::faster : Suspicion::none;
}

double strength_of(std::span<const double> differences, Suspicion suspicion, const Rule& rule) {
  if (differences.size() < 2) return 0;
  const double direction = suspicion == Suspicion::faster ? -1 : 1;
  const double error =
      standard_deviation(differences) / std::sqrt(static_cast<double>(differences.size()));
  // Pairs that agree to the last digit still have an order among them.
  return (direction * mean(differences) - rule.delta) / std::max(error, 1e-9);
}

Decision decide_unsuspected(std::span<const double> differences, const Rule& rule) {
  Decision decision = with_bounds(differences, 0.05);
  if (decision.one_sided_error > 0.05)
    decision.reason = "too few pairs for an interval";
  else if (within(decision.interval, rule.margin))
    decision.verdict = Verdict::same;
  else
    decision.reason = "too noisy to exclude a change beyond the margin";
  return decision;
}

std::vector<Decision> decide_confirmed(std::span<const Suspect> suspects, const Rule& rule) {
  // Slower and faster are two families: only the first can turn a build red.
  std::vector<Decision> decisions(suspects.size());
  for (const Suspicion direction : {Suspicion::slower, Suspicion::faster}) {
    const std::vector<std::size_t> family = strongest_first(suspects, direction);
    const int members = static_cast<int>(family.size());
    std::vector<double> p_values, shares;
    for (const std::size_t i : family) {
      const std::vector<double>& differences = suspects[i].differences;
      p_values.push_back(direction == Suspicion::slower
                             ? sign_test(differences, rule.delta)
                             : sign_test(mirrored(differences), rule.delta));
      shares.push_back(share_of_alpha(static_cast<int>(shares.size()) + 1, members));
    }
    const std::vector<double> adjusted = weighted_holm(p_values, shares);
    for (std::size_t k = 0; k < family.size(); ++k) {
      const Suspect& suspect = suspects[family[k]];
      Decision& decision = decisions[family[k]];
      if (suspect.differences.empty()) {
        decision.reason = "suspected, and no fresh pairs to confirm it";
        continue;
      }
      const double level = rule.alpha * shares[k];
      decision = with_bounds(suspect.differences, level);
      decision.p_value = adjusted[k];
      const bool slower = direction == Suspicion::slower;
      const bool confirmed =
          adjusted[k] <= rule.alpha &&
          (!suspect.fitted ||
           bootstrap_agrees(slower ? suspect.differences : mirrored(suspect.differences),
                            rule.delta, level));
      if (confirmed) {
        decision.verdict = slower ? Verdict::regressed : Verdict::improved;
      } else if (suspect.only_leans) {
        decision = decide_unsuspected(suspect.differences, rule);
        decision.p_value = adjusted[k];
      } else if (decision.one_sided_error > level) {
        decision.reason = "suspected, and too few fresh pairs to confirm or clear it";
      } else if (cleared(suspect, p_values[k], rule)) {
        decision = decide_unsuspected(suspect.differences, rule);
        decision.p_value = adjusted[k];
        decision.reason = "suspected in the screening, cleared by fresh pairs";
      } else {
        decision.reason = "suspected, neither confirmed nor cleared by fresh pairs";
      }
    }
  }
  return decisions;
}

double share_of_alpha(int rank, int suspects) {
  assert(1 <= rank && rank <= suspects);
  double sum = 0;
  for (int r = suspects; r >= 1; --r) sum += 1.0 / r / r;
  return 1.0 / rank / rank / sum;
}

int confirm_pairs_needed(int suspects, const Rule& rule) {
  return sign_test_pairs_needed(rule.alpha * share_of_alpha(1, std::max(1, suspects)));
}

double detection_probability(double effect, double spread, const Rule& rule, int suspects) {
  const double excess = effect - rule.delta;
  if (spread <= 0) return excess > 0 ? 1 : 0;
  const int critical =
      sign_test_critical(rule.confirm_pairs, rule.alpha * share_of_alpha(1, std::max(1, suspects)));
  if (critical > rule.confirm_pairs || rule.screen_pairs < 2) return 0;
  const double freedom = rule.screen_pairs - 1;
  const double threshold = boost::math::quantile(
      boost::math::complement(boost::math::students_t(freedom), rule.screen_p));
  // The non-central t distribution's series are slow and pointless far out, where screening is
  // certain.
  const double shift = std::min(30.0, excess / spread * std::sqrt(rule.screen_pairs));
  const double screened = boost::math::cdf(
      boost::math::complement(boost::math::non_central_t(freedom, shift), threshold));
  const double above = boost::math::cdf(boost::math::normal(), excess / spread);
  return screened * binomial_upper_tail(critical, rule.confirm_pairs, above);
}

std::optional<double> detectable_spreads(const Rule& rule, int suspects) {
  constexpr double hopeless = 30;
  const auto found = [&](double spreads) {
    return detection_probability(rule.delta + spreads, 1, rule, suspects) >= rule.detection_power;
  };
  double low = 0, high = hopeless;
  if (!found(high)) return std::nullopt;
  while (high - low > 1e-4) {
    const double middle = (low + high) / 2;
    (found(middle) ? high : low) = middle;
  }
  return high;
}

std::optional<double> detectable_effect(double spread, const Rule& rule, int suspects) {
  const std::optional<double> spreads = detectable_spreads(rule, suspects);
  if (!spreads) return std::nullopt;
  return rule.delta + *spreads * spread;
}

}  // namespace assay::gate
