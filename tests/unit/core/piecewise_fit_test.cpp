#include "probes/core/piecewise_fit.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <stdexcept>

#include "tests/sanitized.hpp"

namespace assay {
namespace {

/// Eight sizes per octave from 1 B to `largest`.
std::vector<double> sizes_to(double largest) {
  std::vector<double> sizes;
  for (double size = 1; size <= largest; size *= std::exp2(1.0 / 8))
    if (sizes.empty() || std::floor(size) > sizes.back()) sizes.push_back(std::floor(size));
  return sizes;
}

template <class Time>
std::vector<SizedTime> made_by(const std::vector<double>& sizes, const Time& time, double noise = 0,
                               unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<SizedTime> points;
  for (const double size : sizes) {
    const double factor = 1 + noise * std::abs(normal(random));
    points.push_back({Bytes(size), Seconds(time(size) * factor), noise / 10});
  }
  return points;
}

TEST(PiecewiseFit, TwoPointsGiveTheLineThroughThem) {
  const std::vector<SizedTime> points = {{1000_B, 3_us}, {3000_B, 5_us}};
  const PiecewiseFit fit = fit_pieces(points);
  ASSERT_EQ(fit.pieces.size(), 1U);
  EXPECT_NEAR(fit.pieces[0].alpha.value(), 2e-6, 1e-15);
  EXPECT_NEAR(fit.pieces[0].beta.value(), 1e-9, 1e-18);
  EXPECT_NEAR(fit.half_performance_size().value(), 2000, 1e-6);
  EXPECT_NEAR(fit.worst_residual, 0, 1e-9);
}

TEST(PiecewiseFit, OneLineStaysOnePieceAndItsAlphaIsNotDecidedByTheLargestSizes) {
  const auto points = made_by(
      sizes_to(64e6), [](double n) { return 5e-6 + n * 1e-10; }, 0.02);
  const PiecewiseFit fit = fit_pieces(points);
  ASSERT_EQ(fit.pieces.size(), 1U);
  EXPECT_NEAR(fit.pieces[0].alpha.value(), 5e-6, 0.03 * 5e-6);
  EXPECT_NEAR(fit.pieces[0].beta.value(), 1e-10, 0.03 * 1e-10);
}

TEST(PiecewiseFit, TheJumpOfAnEagerLimitIsFoundBetweenTheRightSizes) {
  // As tcp;ofi_rxm: 7.2 us below its 16384-byte buffer, 23.8 us above.
  auto sizes = sizes_to(1e6);
  sizes.insert(sizes.end(), {16384.5, 16385});  // Any sizes will do; 16384 is there already.
  const auto time = [](double n) { return n <= 16384 ? 5e-6 + n * 1.3e-10 : 21e-6 + n * 1.7e-10; };
  for (unsigned seed = 1; seed <= 10; ++seed) {
    const auto points = made_by(sizes, time, 0.03, seed);
    const PiecewiseFit fit = fit_pieces(points);
    ASSERT_EQ(fit.pieces.size(), 2U) << "seed " << seed;
    EXPECT_EQ(fit.pieces[0].to.value(), 16384);
    const auto intervals = bootstrap_pieces(points, fit, {}, 100);
    EXPECT_TRUE(intervals[0].breakpoint.contains(16384));
    EXPECT_LT(intervals[0].breakpoint.high, 17500);
    EXPECT_TRUE(std::isnan(intervals[1].breakpoint.low));
    EXPECT_LT(intervals[0].alpha.low, intervals[0].alpha.high);
  }
}

TEST(PiecewiseFit, ThreeProtocolsAreThreePieces) {
  const auto time = [](double n) {
    return n <= 64 ? 4e-7 : n <= 4096 ? 6e-7 + n * 2e-11 : 2.4e-6 + n * 8e-11;
  };
  const PiecewiseFit fit = fit_pieces(made_by(sizes_to(4e6), time, 0.02));
  ASSERT_EQ(fit.pieces.size(), 3U);
  EXPECT_NEAR(fit.pieces[0].to.value(), 64, 4);
  EXPECT_NEAR(fit.pieces[1].to.value(), 4096, 400);
  EXPECT_EQ(&fit.piece_of(Bytes(1e9)), &fit.pieces[2]);
  EXPECT_EQ(&fit.piece_of(Bytes(0)), &fit.pieces[0]);
}

TEST(PiecewiseFit, AlphaAndBetaAreNeverNegative) {
  const auto falling = made_by({1, 10, 100, 1000}, [](double n) { return 2e-6 - n * 1e-9; });
  EXPECT_EQ(fit_pieces(falling).pieces[0].beta.value(), 0);
  const auto steep = made_by({1000, 2000, 4000, 8000}, [](double n) { return n * n * 1e-12; });
  const Piece piece = fit_pieces(steep).pieces[0];
  EXPECT_EQ(piece.alpha.value(), 0);
  EXPECT_GT(piece.beta.value(), 0);
}

TEST(PiecewiseFit, TheBootstrapIntervalCoversTheTruthAboutAsOftenAsItSays) {
  ASSAY_SKIP_UNDER_SANITIZERS();
  const auto sizes = sizes_to(1e5);
  int covered = 0;
  for (unsigned seed = 1; seed <= 40; ++seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> normal(1, 0.05);
    std::vector<SizedTime> points;
    for (const double size : sizes)
      points.push_back({Bytes(size), Seconds((1e-5 + size * 1e-9) * normal(random))});
    const PiecewiseFit fit = fit_pieces(points, {.pieces_max = 1});
    covered += bootstrap_pieces(points, fit, {.pieces_max = 1}, 100, seed)[0].beta.contains(1e-9);
  }
  EXPECT_GE(covered, 40 * 0.82);  // 95 % promised; 40 trials have a spread of 3.5 %.
  EXPECT_LE(covered, 40);
}

TEST(PiecewiseFit, ItIsTheSameEveryTime) {
  const auto points = made_by(
      sizes_to(1e5), [](double n) { return 1e-6 + n * 1e-9; }, 0.1);
  const PiecewiseFit fit = fit_pieces(points);
  EXPECT_EQ(bootstrap_pieces(points, fit)[0].alpha.low, bootstrap_pieces(points, fit)[0].alpha.low);
}

TEST(PiecewiseFit, RefusesWhatHasNoFit) {
  using Points = std::vector<SizedTime>;
  EXPECT_THROW((void)fit_pieces(Points{{1_B, 1_us}}), std::invalid_argument);
  EXPECT_THROW((void)fit_pieces(Points{{1_B, 1_us}, {1_B, 2_us}}), std::invalid_argument);
  EXPECT_THROW((void)fit_pieces(Points{{1_B, 1_us}, {2_B, 0_us}}), std::invalid_argument);
  EXPECT_THROW((void)fit_pieces(Points{{1_B, 1_us}, {2_B, Seconds(NAN)}}), std::invalid_argument);
}

}  // namespace
}  // namespace assay
