#include "probes/network/alpha_beta_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace assay::network {
namespace {

TEST(AlphaBetaOptions, SizesAreDenseBelow64BytesAndEightPerOctaveAbove) {
  const AlphaBetaOptions options = AlphaBetaOptions::of(Profile::standard);
  const auto sizes = message_sizes(options, 1);
  EXPECT_TRUE(std::is_sorted(sizes.begin(), sizes.end()));
  EXPECT_EQ(std::set<std::size_t>(sizes.begin(), sizes.end()).size(), sizes.size());
  EXPECT_EQ(sizes.front(), 0U);
  EXPECT_EQ(sizes.back(), options.size_max);
  EXPECT_GE(std::count_if(sizes.begin(), sizes.end(), [](std::size_t s) { return s <= 64; }), 10);
  for (std::size_t octave = 128; octave < options.size_max; octave *= 2)
    EXPECT_EQ(std::count_if(sizes.begin(), sizes.end(),
                            [&](std::size_t s) { return s > octave && s <= 2 * octave; }),
              8)
        << octave;
}

TEST(AlphaBetaOptions, SizesJitterWithTheSeedAndOnlyWithIt) {
  const AlphaBetaOptions options = AlphaBetaOptions::of(Profile::standard);
  EXPECT_EQ(message_sizes(options, 1), message_sizes(options, 1));
  EXPECT_NE(message_sizes(options, 1), message_sizes(options, 2));
}

TEST(AlphaBetaOptions, TheOrderVisitsEverySizeEquallyOftenAndNotInOrder) {
  const std::vector<std::size_t> sizes = {1, 2, 3, 4, 5, 6, 7, 8};
  const auto order = visiting_order(sizes, 3, 1);
  std::map<std::size_t, int> count;
  for (const std::size_t size : order) ++count[size];
  for (const std::size_t size : sizes) EXPECT_EQ(count[size], 3);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.begin() + 8));
}

TEST(AlphaBetaOptions, IterationsFillTheTimeWithinTheirLimits) {
  EXPECT_EQ(iterations_for(10_ms, 1_ms, 100), 10);
  EXPECT_EQ(iterations_for(10_ms, 1_us, 100), 100);
  EXPECT_EQ(iterations_for(10_ms, 1_s, 100), 2);
  EXPECT_EQ(iterations_for(10_ms, 0_s, 100), 100);
}

TEST(AlphaBetaOptions, BisectionClosesInOnTheJump) {
  const Piece below{0_B, 12000_B, 5_us, SecondsPerByte(1e-10)};
  const Piece above{20000_B, 1_MiB, 20_us, SecondsPerByte(1e-10)};
  PiecewiseFit fit;
  fit.pieces = {below, above};
  std::vector<Gap> gaps = gaps_of(fit, 1.1);
  ASSERT_EQ(gaps.size(), 1U);
  Gap& gap = gaps[0];
  int steps = 0;
  while (!gap.is_closed(64) && ++steps < 20) {
    const std::size_t size = gap.middle();
    gap.narrow(size, (size <= 16384 ? 5.3_us : 21_us) + bytes_of(size) * SecondsPerByte(1e-10));
  }
  EXPECT_LE(steps, 7);
  EXPECT_LE(gap.low, 16384U);
  EXPECT_GT(gap.high, 16384U);
}

TEST(AlphaBetaOptions, ABendWithoutAJumpIsNotBisected) {
  PiecewiseFit fit;
  fit.pieces = {{0_B, 1000_B, 1_us, SecondsPerByte(1e-9)},
                {1100_B, 9000_B, 0.9_us, SecondsPerByte(1.1e-9)}};
  EXPECT_TRUE(gaps_of(fit, 1.1).empty());
}

}  // namespace
}  // namespace assay::network
