#include "probes/core/replicates.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cassert>
#include <cmath>
#include <numeric>

namespace assay {
namespace {

/// A correlation of more than this cannot be told from a trend with the samples of one point.
constexpr double most_correlation = 0.95;
constexpr std::size_t fewest_for_correlation = 8;

double t_quantile(double degrees) {
  return boost::math::quantile(boost::math::students_t(degrees), 0.975);
}

bool all_positive(std::span<const double> values) {
  return std::ranges::all_of(values, [](double value) { return value > 0; });
}

/// On the scale the interval is made on: the log where that exists.
struct Scale {
  bool is_log = true;
  [[nodiscard]] double to(double value) const { return is_log ? std::log(value) : value; }
  [[nodiscard]] double from(double value) const { return is_log ? std::exp(value) : value; }
  /// A relative spread on this scale.
  [[nodiscard]] double spread(double relative, double value) const {
    return is_log ? relative : relative * std::abs(value);
  }
};

std::vector<double> ranks_of(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return values[i]; });
  std::vector<double> ranks(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    for (std::size_t k = i; k < end; ++k) ranks[order[k]] = 0.5 * static_cast<double>(i + end - 1);
    i = end;
  }
  return ranks;
}

}  // namespace

double relative_spread(std::span<const double> values) {
  if (values.size() < 2) return 0;
  if (all_positive(values)) {
    std::vector<double> logs;
    for (const double value : values) logs.push_back(std::log(value));
    return standard_deviation(logs);
  }
  const double centre = std::abs(mean(values));
  return centre > 0 ? standard_deviation(values) / centre : 0;
}

double relative_half_width(double value, Interval interval) {
  const double half = std::max(interval.high - value, value - interval.low);
  return value == 0 ? (half > 0 ? std::numeric_limits<double>::infinity() : 0)
                    : half / std::abs(value);
}

double dependence_factor(std::span<const double> in_order) {
  if (in_order.size() < fewest_for_correlation) return 1;
  const std::vector<double> ranks = ranks_of(in_order);
  const double centre = mean(ranks);
  double together = 0, alone = 0;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    alone += (ranks[i] - centre) * (ranks[i] - centre);
    if (i > 0) together += (ranks[i] - centre) * (ranks[i - 1] - centre);
  }
  if (alone == 0) return 1;  // all equal
  const double correlation = std::clamp(together / alone, 0.0, most_correlation);
  return std::sqrt((1 + correlation) / (1 - correlation));
}

RoundsSummary summarise_rounds(std::span<const double> medians, Interval within, KnownSpread family,
                               KnownSpread history) {
  assert(!medians.empty());
  const auto rounds = static_cast<double>(medians.size());
  const Scale scale{all_positive(medians)};
  std::vector<double> y;
  for (const double value : medians) y.push_back(scale.to(value));
  const double centre = mean(y);
  RoundsSummary summary{.value = median(medians), .interval = {}, .between_spread = 0};

  double half = 0;
  if (medians.size() > 1) {
    summary.between_spread = relative_spread(medians);
    const double own = standard_deviation(y);
    const double prior = scale.spread(family.spread, summary.value);
    const double degrees = family.degrees + rounds - 1;
    const double moderated =
        std::sqrt((family.degrees * prior * prior + (rounds - 1) * own * own) / degrees);
    half =
        own == 0 && family.degrees == 0 ? 0 : t_quantile(degrees) * moderated / std::sqrt(rounds);
    // A count that every round repeats is known, whatever its family does.
    if (own == 0 && !(within.width() > 0)) half = 0;
  } else if (family.degrees > 0 && (within.width() > 0 || family.spread > 0)) {
    summary.between_spread = family.spread;
    const double inside =
        within.width() > 0
            ? scale.spread(within.width() / 2 / std::abs(summary.value), summary.value)
            : 0;
    half =
        std::hypot(t_quantile(family.degrees) * scale.spread(family.spread, summary.value), inside);
  } else {
    summary.interval = within;
  }
  const bool is_known = medians.size() > 1 || family.degrees > 0;
  if (history.degrees > 0 && (half > 0 || !is_known)) {
    const double between_runs =
        t_quantile(history.degrees) * scale.spread(history.spread, summary.value);
    // A single round says what its interval is made of; several keep their own spread.
    if (medians.size() == 1 && between_runs > half) summary.between_spread = history.spread;
    half = std::max(half, between_runs);
  }
  if (is_known && half == 0)
    summary.interval = {summary.value, summary.value};
  else if (is_known || half > 0)
    summary.interval = {std::min(scale.from(centre - half), summary.value),
                        std::max(scale.from(centre + half), summary.value)};
  return summary;
}

}  // namespace assay
