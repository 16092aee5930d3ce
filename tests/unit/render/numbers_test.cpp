#include "reports/render/numbers.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace assay::render {
namespace {

TEST(Numbers, ThreeDigitsAndOnePrefix) {
  EXPECT_EQ(show(1.2345e-6, "s"), "1.23 µs");
  EXPECT_EQ(show(4.5678e10, "B/s"), "45.7 GB/s");
  EXPECT_EQ(show(0.9999e-3, "s"), "1.00 ms") << "the prefix is that of the rounded value";
  EXPECT_EQ(show(0.1234, "1"), "0.123");
  EXPECT_EQ(show(0, "s"), "0 s");
  EXPECT_EQ(show(-2.5e-3, "s"), "-2.50 ms");
}

TEST(Numbers, LongTimesAreHoursNotKiloseconds) {
  EXPECT_EQ(show(5000, "s"), "5,000 s");
  EXPECT_EQ(show(46.3 * 3600, "s"), "46.3 h");
}

TEST(Numbers, MoneyHasNoPrefixAndKeepsSmallPrices) {
  EXPECT_EQ(show(12.3, "EUR"), "12.30 EUR");
  EXPECT_EQ(show(0.000203, "EUR"), "0.000203 EUR");
  EXPECT_EQ(show(1955.56, "USD"), "1,956 USD");
}

TEST(Numbers, WhatIsNotFiniteSaysSo) {
  EXPECT_EQ(show(std::numeric_limits<double>::quiet_NaN(), "s"), "n/a");
  EXPECT_EQ(show(std::numeric_limits<double>::infinity(), "B/s"), "n/a");
  EXPECT_EQ(show_with_range(1, std::numeric_limits<double>::quiet_NaN(), 2, "s"), "1.00 s");
}

TEST(Numbers, ARangeHasOnePrefixForBothEnds) {
  EXPECT_EQ(show_range(0.9e-3, 1.31e-3, "s"), "0.900 to 1.31 ms");
  EXPECT_EQ(show_range(1.5, 2.5, "EUR"), "1.50 to 2.50 EUR");
  EXPECT_EQ(show_range(3600, 36000, "s"), "1.00 to 10.0 h");
}

TEST(Numbers, ACostIsStatedForSoManyResultsThatItReadsAsMoney) {
  EXPECT_EQ(result_unit(2.5).count, 1);
  EXPECT_EQ(result_unit(2e-4).count, 1e3);
  EXPECT_EQ(result_unit(4.04e-7).name, "a million results");
  EXPECT_EQ(show(4.04e-7, "EUR"), "0.000000404 EUR");
}

TEST(Numbers, CountsAreGrouped) {
  EXPECT_EQ(show_count(999), "999");
  EXPECT_EQ(show_count(1000), "1,000");
  EXPECT_EQ(show_count(-1234567), "-1,234,567");
}

}  // namespace
}  // namespace assay::render
