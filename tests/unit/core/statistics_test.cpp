#include "probes/core/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace assay {
namespace {

TEST(Statistics, MedianAndQuantilesByHand) {
  const std::vector<double> odd{5, 1, 3};
  const std::vector<double> even{4, 1, 3, 2};
  EXPECT_DOUBLE_EQ(median(odd), 3);
  EXPECT_DOUBLE_EQ(median(even), 2.5);
  // Type 7: position q (n - 1).
  EXPECT_DOUBLE_EQ(quantile(even, 0.25), 1.75);
  EXPECT_DOUBLE_EQ(quantile(even, 0), 1);
  EXPECT_DOUBLE_EQ(quantile(even, 1), 4);
  EXPECT_DOUBLE_EQ(median(std::vector<double>{7}), 7);
}

TEST(Statistics, MedianOfInfinitiesIsNotNan) {
  const std::vector<double> values{INFINITY, INFINITY, 1};
  EXPECT_EQ(median(values), INFINITY);
}

TEST(Statistics, SpreadByHand) {
  EXPECT_DOUBLE_EQ(standard_deviation(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9}),
                   std::sqrt(32.0 / 7));
  // Deviations from 3: 2 1 0 1 6 -> median 1.
  EXPECT_NEAR(scaled_mad(std::vector<double>{1, 2, 3, 4, 9}), 1.4826, 1e-4);
}

TEST(Statistics, MedianIntervalUsesTheBinomialRanks) {
  // Tables: n = 10, 95 %: [x2, x9], coverage 97.85 %; n = 20: [x6, x15], 95.86 %; n = 6: [x1,
  // x6], 96.88 %.
  std::vector<double> ten(10), twenty(20);
  for (int i = 0; i < 10; ++i) ten[static_cast<std::size_t>(i)] = i + 1;
  for (int i = 0; i < 20; ++i) twenty[static_cast<std::size_t>(i)] = i + 1;
  EXPECT_DOUBLE_EQ(median_interval(ten).low, 2);
  EXPECT_DOUBLE_EQ(median_interval(ten).high, 9);
  EXPECT_DOUBLE_EQ(median_interval(twenty).low, 6);
  EXPECT_DOUBLE_EQ(median_interval(twenty).high, 15);
  EXPECT_NEAR(median_interval_coverage(10), 0.9785, 1e-4);
  EXPECT_NEAR(median_interval_coverage(20), 0.9586, 1e-4);
  EXPECT_NEAR(median_interval_coverage(6), 0.96875, 1e-9);
  // Too few for 95 %: the range, and its coverage says so.
  EXPECT_NEAR(median_interval_coverage(5), 0.9375, 1e-9);
}

TEST(Statistics, MedianIntervalCoversAsOftenAsItClaims) {
  std::mt19937_64 generator(7);
  std::lognormal_distribution<double> skewed(0, 1);  // true median 1
  int covered = 0;
  constexpr int trials = 4000;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> values(15);
    for (double& value : values) value = skewed(generator);
    covered += median_interval(values).contains(1) ? 1 : 0;
  }
  const double coverage = static_cast<double>(covered) / trials;
  EXPECT_NEAR(coverage, median_interval_coverage(15), 0.015);
  EXPECT_GE(median_interval_coverage(15), 0.95);
}

TEST(Statistics, BootstrapIsDeterministicAndBracketsTheMedian) {
  std::vector<double> values;
  for (int i = 0; i < 101; ++i) values.push_back(i);
  const auto first = bootstrap_interval(values, median);
  const auto second = bootstrap_interval(values, median);
  EXPECT_EQ(first.low, second.low);
  EXPECT_EQ(first.high, second.high);
  EXPECT_TRUE(first.contains(50));
  // Standard error of the median of a uniform sample: range / (2 sqrt(n)) = 5; +-1.96 of it.
  EXPECT_NEAR(first.width(), 19.6, 5);
}

TEST(Statistics, SummaryIsOrdered) {
  const Summary summary = summarise(std::vector<double>{3, 1, 4, 1, 5, 9, 2, 6});
  EXPECT_EQ(summary.count, 8u);
  EXPECT_LE(summary.min, summary.p05);
  EXPECT_LE(summary.p05, summary.ci_low);
  EXPECT_LE(summary.ci_low, summary.median);
  EXPECT_LE(summary.median, summary.ci_high);
  EXPECT_LE(summary.ci_high, summary.max);
  EXPECT_DOUBLE_EQ(summary.median, 3.5);
}

}  // namespace
}  // namespace assay
