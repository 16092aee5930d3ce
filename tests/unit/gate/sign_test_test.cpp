#include "reports/gate/decide/sign_test.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace assay::gate {
namespace {

TEST(SignTest, CountsHeadsOfFairCoins) {
  EXPECT_DOUBLE_EQ(binomial_upper_tail(0, 5), 1);
  EXPECT_DOUBLE_EQ(binomial_upper_tail(5, 5), 1.0 / 32);
  EXPECT_NEAR(binomial_upper_tail(4, 5), 6.0 / 32, 1e-15);
  EXPECT_NEAR(sign_test(std::vector{0.02, 0.03, 0.04, 0.05, -0.01}, 0.01), 6.0 / 32, 1e-15);
}

TEST(SignTest, ADifferenceOfExactlyTheThresholdIsNoEvidence) {
  EXPECT_DOUBLE_EQ(sign_test(std::vector{0.01, 0.01, 0.01}, 0.01), 1);
  EXPECT_DOUBLE_EQ(sign_test(std::vector<double>{}, 0), 1);
}

TEST(SignTest, NeedsThePairsOfTheReference) {
  // 7 pairs for one suspect at 1 %, 11 for 20, 13 for 60.
  EXPECT_EQ(sign_test_pairs_needed(0.01), 7);
  EXPECT_EQ(sign_test_pairs_needed(0.01 / 20), 11);
  EXPECT_EQ(sign_test_pairs_needed(0.01 / 60), 13);
  EXPECT_EQ(sign_test_critical(7, 0.01), 7);
  EXPECT_EQ(sign_test_critical(6, 0.01), 7) << "six pairs never reject at 1 %";
  EXPECT_EQ(sign_test_critical(20, 0.01), 16);
}

TEST(Holm, StepsDownAndKeepsTheOrderGiven) {
  const std::vector<double> adjusted = holm(std::vector{0.04, 0.01, 0.03});
  EXPECT_DOUBLE_EQ(adjusted[1], 0.03);
  EXPECT_DOUBLE_EQ(adjusted[2], 0.06);
  EXPECT_DOUBLE_EQ(adjusted[0], 0.06) << "never below the one before it";
  EXPECT_TRUE(holm(std::vector<double>{}).empty());
  EXPECT_DOUBLE_EQ(holm(std::vector{0.9, 0.8})[1], 1);
}

TEST(BenjaminiHochberg, HandWorkedCase) {
  const std::vector<double> adjusted = benjamini_hochberg(std::vector{0.01, 0.04, 0.03, 0.50});
  EXPECT_DOUBLE_EQ(adjusted[0], 0.04);
  EXPECT_NEAR(adjusted[1], 0.16 / 3, 1e-15);
  EXPECT_NEAR(adjusted[2], 0.16 / 3, 1e-15);
  EXPECT_DOUBLE_EQ(adjusted[3], 0.50);
}

TEST(MedianBounds, OrderStatisticsOfTwenty) {
  std::vector<double> values(20);
  std::iota(values.begin(), values.end(), 1.0);
  const MedianBounds bounds = median_bounds(values, 0.05);
  // P(Bin(20) >= 15) = 0.0207, P(>= 14) = 0.0577: the 6th and the 15th.
  EXPECT_DOUBLE_EQ(bounds.interval.low, 6);
  EXPECT_DOUBLE_EQ(bounds.interval.high, 15);
  EXPECT_NEAR(bounds.one_sided_error, 0.0207, 1e-4);
}

TEST(MedianBounds, SaysWhenThereAreTooFew) {
  const MedianBounds bounds = median_bounds(std::vector{1.0, 2.0, 3.0}, 0.01);
  EXPECT_DOUBLE_EQ(bounds.interval.low, 1);
  EXPECT_DOUBLE_EQ(bounds.interval.high, 3);
  EXPECT_DOUBLE_EQ(bounds.one_sided_error, 0.125);
}

TEST(MannWhitney, ExactForSmallSamples) {
  // Complete separation of 3 and 3: one of C(6,3) = 20 arrangements.
  EXPECT_NEAR(mann_whitney_greater(std::vector{1.0, 2.0, 3.0}, std::vector{4.0, 5.0, 6.0}), 0.05,
              1e-12);
  EXPECT_NEAR(mann_whitney_two_sided(std::vector{4.0, 5.0, 6.0}, std::vector{1.0, 2.0, 3.0}), 0.1,
              1e-12);
  // U = 8 of 9: two arrangements are as extreme.
  EXPECT_NEAR(mann_whitney_greater(std::vector{1.0, 2.0, 4.0}, std::vector{3.0, 5.0, 6.0}), 0.1,
              1e-12);
}

TEST(MannWhitney, TiesAndLargeSamplesByTheNormalApproximation) {
  EXPECT_DOUBLE_EQ(mann_whitney_two_sided(std::vector{1.0, 1.0}, std::vector{1.0, 1.0}), 1);
  std::vector<double> a(30), b(30);
  for (std::size_t i = 0; i < 30; ++i)
    a[i] = static_cast<double>(i), b[i] = static_cast<double>(i) + 0.5;
  // U = 465: z = (465 - 450 - 0.5) / sqrt(900 * 61 / 12) = 0.21.
  EXPECT_NEAR(mann_whitney_greater(a, b), 0.415, 0.002);
}

TEST(ShiftBounds, HodgesLehmannOfThreeAndThree) {
  const MedianBounds bounds =
      shift_bounds(std::vector{1.0, 2.0, 3.0}, std::vector{11.0, 12.0, 13.0}, 0.05);
  EXPECT_DOUBLE_EQ(bounds.interval.low, 8);
  EXPECT_DOUBLE_EQ(bounds.interval.high, 12);
  EXPECT_NEAR(bounds.one_sided_error, 0.05, 1e-12);
  EXPECT_GT(shift_bounds(std::vector{1.0, 2.0}, std::vector{3.0, 4.0}, 0.05).one_sided_error, 0.05);
}

TEST(BinomialBounds, ClopperPearson) {
  EXPECT_DOUBLE_EQ(binomial_lower_bound(0, 100), 0);
  EXPECT_NEAR(binomial_upper_bound(0, 100), 1 - std::pow(0.05, 0.01), 1e-9);
  EXPECT_NEAR(binomial_lower_bound(1, 20), 1 - std::pow(0.95, 0.05), 1e-6);
  EXPECT_DOUBLE_EQ(binomial_upper_bound(3, 3), 1);
}

}  // namespace
}  // namespace assay::gate
