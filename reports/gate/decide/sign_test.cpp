#include "reports/gate/decide/sign_test.hpp"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cassert>
#include <cmath>
#include <numeric>

namespace assay::gate {
namespace {

std::vector<std::size_t> order_of(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  return order;
}

/// Mid-ranks of a and b together: the rank sum of b, and the tie correction sum(t^3 - t).
struct RankSum {
  double of_b = 0;
  double ties = 0;
};

RankSum rank_sum(std::span<const double> a, std::span<const double> b) {
  std::vector<double> all(a.begin(), a.end());
  all.insert(all.end(), b.begin(), b.end());
  const std::vector<std::size_t> order = order_of(all);
  RankSum sum;
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first + 1;
    while (last < order.size() && all[order[last]] == all[order[first]]) ++last;
    const double tied = static_cast<double>(last - first);
    const double mid_rank = static_cast<double>(first + last + 1) / 2;
    for (std::size_t i = first; i < last; ++i)
      if (order[i] >= a.size()) sum.of_b += mid_rank;
    sum.ties += tied * tied * tied - tied;
    first = last;
  }
  return sum;
}

/// P(U >= u) without ties: counts the subsets of {1..n_a+n_b} of size n_b by their rank sum.
double exact_upper_tail(int n_a, int n_b, double u) {
  const int sum_max = n_a * n_b;
  // ways[k][s]: subsets of k values with U = s, built value by value (Mann & Whitney's recurrence).
  std::vector<std::vector<double>> ways(static_cast<std::size_t>(n_b) + 1,
                                        std::vector<double>(static_cast<std::size_t>(sum_max) + 1));
  ways[0][0] = 1;
  for (int value = 1; value <= n_a + n_b; ++value)
    for (int k = std::min(value, n_b); k >= 1; --k) {
      const int gain = value - k;  // values of a below it, when it is the k-th of b
      if (gain > n_a) continue;
      for (int s = sum_max; s >= gain; --s)
        ways[static_cast<std::size_t>(k)][static_cast<std::size_t>(s)] +=
            ways[static_cast<std::size_t>(k - 1)][static_cast<std::size_t>(s - gain)];
    }
  const std::vector<double>& counts = ways[static_cast<std::size_t>(n_b)];
  double total = 0, tail = 0;
  for (int s = 0; s <= sum_max; ++s) {
    total += counts[static_cast<std::size_t>(s)];
    if (s >= u) tail += counts[static_cast<std::size_t>(s)];
  }
  return tail / total;
}

}  // namespace

double binomial_upper_tail(int successes, int trials, double probability) {
  assert(0 <= successes && successes <= trials);
  if (successes == 0) return 1;
  return boost::math::cdf(boost::math::complement(
      boost::math::binomial_distribution<>(trials, probability), successes - 1));
}

double sign_test(std::span<const double> differences, double threshold) {
  if (differences.empty()) return 1;
  const auto above = std::count_if(differences.begin(), differences.end(),
                                   [&](double difference) { return difference > threshold; });
  return binomial_upper_tail(static_cast<int>(above), static_cast<int>(differences.size()));
}

int sign_test_critical(int pairs, double alpha) {
  int critical = pairs + 1;
  while (critical > 0 && binomial_upper_tail(critical - 1, pairs) <= alpha) --critical;
  return critical;
}

int sign_test_pairs_needed(double alpha) {
  assert(0 < alpha && alpha < 1);
  int pairs = 1;
  while (std::ldexp(1.0, -pairs) > alpha) ++pairs;
  return pairs;
}

std::vector<double> holm(std::span<const double> p_values) {
  return weighted_holm(p_values, std::vector<double>(p_values.size(), 1.0));
}

std::vector<double> weighted_holm(std::span<const double> p_values,
                                  std::span<const double> weights) {
  assert(p_values.size() == weights.size());
  std::vector<double> per_weight, adjusted(p_values.size());
  for (std::size_t i = 0; i < p_values.size(); ++i) per_weight.push_back(p_values[i] / weights[i]);
  double largest = 0, left = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (const std::size_t i : order_of(per_weight)) {
    largest = std::max(largest, left * per_weight[i]);
    adjusted[i] = std::min(1.0, largest);
    left -= weights[i];
  }
  return adjusted;
}

std::vector<double> benjamini_hochberg(std::span<const double> p_values) {
  std::vector<double> adjusted(p_values.size());
  std::vector<std::size_t> order = order_of(p_values);
  double smallest = 1;
  for (std::size_t rank = order.size(); rank >= 1; --rank) {
    const std::size_t i = order[rank - 1];
    smallest = std::min(
        smallest, static_cast<double>(order.size()) * p_values[i] / static_cast<double>(rank));
    adjusted[i] = smallest;
  }
  return adjusted;
}

MedianBounds median_bounds(std::span<const double> values, double one_sided_alpha) {
  assert(!values.empty());
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const int count = static_cast<int>(sorted.size());
  // The lower bound x(k) is above the median only if fewer than k values lie below it: P(Bin < k).
  int k = 1;
  while (2 * (k + 1) <= count && binomial_upper_tail(count - k, count) <= one_sided_alpha) ++k;
  return {{sorted[static_cast<std::size_t>(k - 1)], sorted[static_cast<std::size_t>(count - k)]},
          binomial_upper_tail(count - k + 1, count)};
}

double mann_whitney_greater(std::span<const double> a, std::span<const double> b) {
  assert(!a.empty() && !b.empty());
  const double n_a = static_cast<double>(a.size()), n_b = static_cast<double>(b.size());
  const RankSum ranks = rank_sum(a, b);
  const double u = ranks.of_b - n_b * (n_b + 1) / 2;
  if (ranks.ties == 0 && a.size() <= 20 && b.size() <= 20)
    return exact_upper_tail(static_cast<int>(a.size()), static_cast<int>(b.size()), u);
  const double n = n_a + n_b;
  const double variance = n_a * n_b / 12 * (n + 1 - ranks.ties / (n * (n - 1)));
  if (variance <= 0) return 1;  // every value equal
  const double z = (u - n_a * n_b / 2 - 0.5) / std::sqrt(variance);
  return boost::math::cdf(boost::math::complement(boost::math::normal(), z));
}

MedianBounds shift_bounds(std::span<const double> a, std::span<const double> b,
                          double one_sided_alpha) {
  assert(!a.empty() && !b.empty());
  std::vector<double> shifts;
  for (const double from : a)
    for (const double to : b) shifts.push_back(to - from);
  std::sort(shifts.begin(), shifts.end());
  const std::size_t pairs = shifts.size();
  const double n_a = static_cast<double>(a.size()), n_b = static_cast<double>(b.size());
  const auto upper_tail = [&](double u) {
    if (a.size() <= 20 && b.size() <= 20)
      return exact_upper_tail(static_cast<int>(a.size()), static_cast<int>(b.size()), u);
    const double z = (u - n_a * n_b / 2 - 0.5) / std::sqrt(n_a * n_b * (n_a + n_b + 1) / 12);
    return boost::math::cdf(boost::math::complement(boost::math::normal(), z));
  };
  // The k-th smallest shift is above the true one only if fewer than k pairs favour a: U > pairs -
  // k.
  std::size_t k = 1;
  while (2 * (k + 1) <= pairs && upper_tail(static_cast<double>(pairs - k)) <= one_sided_alpha) ++k;
  return {{shifts[k - 1], shifts[pairs - k]}, upper_tail(static_cast<double>(pairs - k + 1))};
}

double mann_whitney_two_sided(std::span<const double> a, std::span<const double> b) {
  return std::min(1.0, 2 * std::min(mann_whitney_greater(a, b), mann_whitney_greater(b, a)));
}

double binomial_lower_bound(int events, int trials, double confidence) {
  if (events == 0) return 0;
  return boost::math::binomial_distribution<>::find_lower_bound_on_p(trials, events,
                                                                     1 - confidence);
}

double binomial_upper_bound(int events, int trials, double confidence) {
  if (events >= trials) return 1;
  return boost::math::binomial_distribution<>::find_upper_bound_on_p(trials, events,
                                                                     1 - confidence);
}

}  // namespace assay::gate
