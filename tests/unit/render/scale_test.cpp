#include "reports/render/scale.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace assay::render {
namespace {

TEST(Scale, MapsEndsAndMiddle) {
  const Scale linear(ScaleKind::linear, 0, 10, 100, 200);
  EXPECT_DOUBLE_EQ(linear(0), 100);
  EXPECT_DOUBLE_EQ(linear(5), 150);
  const Scale logarithmic(ScaleKind::log10, 1, 100, 300, 100);
  EXPECT_DOUBLE_EQ(logarithmic(10), 200) << "y runs downwards";
}

TEST(Scale, StaysFiniteForWhatALogarithmCannotTake) {
  const Scale scale(ScaleKind::log10, 1, 100, 0, 100);
  EXPECT_TRUE(std::isfinite(scale(0)));
  EXPECT_TRUE(std::isfinite(scale(-5)));
  EXPECT_LT(scale(0), 0);
}

TEST(Scale, TicksEndWhereAddingOneChangesNothing) {
  // One unit in the last place of 1e300 is 1e284.
  const double low = 1e300, high = std::nextafter(low, 2e300);
  EXPECT_LE(Scale(ScaleKind::linear, low, high, 0, 1).ticks(6).size(), 200u);
  EXPECT_LE(Scale(ScaleKind::linear, 1e-300, 1e300, 0, 1).ticks(6).size(), 200u);
  EXPECT_LE(Scale(ScaleKind::log10, 1e-300, 1e300, 0, 1).ticks(6).size(), 200u);
  EXPECT_LE(Scale(ScaleKind::log2, 1e-300, 1e300, 0, 1).ticks(6).size(), 200u);
  EXPECT_LE(Scale(ScaleKind::linear, 1e16, 1e16 + 2, 0, 1).ticks(6).size(), 200u);
}

TEST(Scale, LinearTicksAreRoundNumbersInside) {
  const std::vector<double> ticks = Scale(ScaleKind::linear, 0, 97, 0, 1).ticks(6);
  EXPECT_EQ(ticks, (std::vector<double>{0, 20, 40, 60, 80}));
}

TEST(Scale, TicksEndWhereOneMoreIsNoMore) {
  EXPECT_LE(Scale(ScaleKind::linear, 1e300, 1e300 * (1 + 4e-16), 0, 100).ticks(8).size(), 20u);
  EXPECT_TRUE(
      Scale(ScaleKind::log10, 1, std::numeric_limits<double>::infinity(), 0, 100).ticks(8).empty());
}

TEST(Scale, DecadesWhereThereAreManyAndOneTwoFiveWhereThereAreFew) {
  EXPECT_EQ(Scale(ScaleKind::log10, 1, 1000, 0, 1).ticks(7).size(), 4U);
  EXPECT_EQ(Scale(ScaleKind::log10, 1, 20, 0, 1).ticks(7), (std::vector<double>{1, 2, 5, 10, 20}));
}

TEST(Scale, NeverMoreTicksThanAskedForByMuchAndAtLeastTwo) {
  for (const double high : {1.2, 3.0, 17.0, 1e3, 1e9, 1e18})
    for (const ScaleKind kind : {ScaleKind::linear, ScaleKind::log10, ScaleKind::log2}) {
      const std::size_t count = Scale(kind, 1, high, 0, 1).ticks(7).size();
      EXPECT_GE(count, 2U) << high;
      EXPECT_LE(count, 9U) << high;
    }
}

TEST(Domain, HoldsTheDataAndSurvivesNone) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Domain domain = domain_of({3, nan, 5}, ScaleKind::log10);
  EXPECT_LT(domain.low, 3);
  EXPECT_GT(domain.high, 5);
  EXPECT_LT(domain_of({}, ScaleKind::log10).low, domain_of({}, ScaleKind::log10).high);
  EXPECT_GT(domain_of({-1, 0}, ScaleKind::log2).low, 0) << "nothing usable for a logarithm";
  EXPECT_LT(domain_of({7, 7}, ScaleKind::linear).low, 7) << "one value gets room";
}

}  // namespace
}  // namespace assay::render
