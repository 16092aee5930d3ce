#include "probes/compute/sustained.hpp"

#include <gtest/gtest.h>

namespace assay::compute {
namespace {

TEST(SustainedPass, ComparesTheFirstFiveSecondsWithTheLastTen) {
  std::vector<TimedRate> bursts;
  for (int second = 1; second <= 60; ++second)
    bursts.emplace_back(Seconds(second), FlopsPerSecond(second <= 20 ? 100.0 : 80.0));
  const SustainedPass pass = split_pass(bursts, 60_s);
  EXPECT_EQ(pass.first, std::vector<double>(5, 100.0));
  EXPECT_EQ(pass.last, std::vector<double>(11, 80.0));  // from second 50 to 60, ends included
}

TEST(SustainedPass, ShorterPassTakesTheSameShares) {
  std::vector<TimedRate> bursts;
  for (int i = 1; i <= 12; ++i) bursts.emplace_back(Seconds(0.1 * i), FlopsPerSecond(i));
  const SustainedPass pass = split_pass(bursts, Seconds(1.2));
  EXPECT_EQ(pass.first, (std::vector<double>{1}));
  EXPECT_EQ(pass.last.back(), 12);
  EXPECT_LE(pass.last.size(), 3U);
}

TEST(SustainedPass, EachEndHasABurst) {
  const SustainedPass pass = split_pass({{30_s, FlopsPerSecond(7)}}, 60_s);
  EXPECT_EQ(pass.first, std::vector<double>{7});
  EXPECT_EQ(pass.last, std::vector<double>{7});
}

}  // namespace
}  // namespace assay::compute
