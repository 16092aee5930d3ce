#include "benchmarks/collectives/step_costs.hpp"

#include <gtest/gtest.h>

namespace assay::collectives {
namespace {

// A neighbour that goes away during the measurement makes the last slope negative; its line meets
// 0.
TEST(CostCurve, BeyondThePointsNeverFallsBelowTheLast) {
  CostCurve curve;
  curve.add(0_B, 1_ms);
  curve.add(1000_B, 9_ms);
  curve.add(2000_B, 6_ms);
  EXPECT_DOUBLE_EQ(curve.at(1500_B).value(), 7.5e-3);
  EXPECT_DOUBLE_EQ(curve.at(100000_B).value(), 6e-3);
}

TEST(CostCurve, IsLinearBetweenThePointsAndGoesOnWithItsLastSlope) {
  CostCurve curve;
  curve.add(0_B, 1_us);
  curve.add(1000_B, 3_us);
  curve.add(2000_B, 13_us);
  EXPECT_NEAR(curve.at(500_B).value(), 2e-6, 1e-15);
  EXPECT_NEAR(curve.at(1000_B).value(), 3e-6, 1e-15);
  EXPECT_NEAR(curve.at(4000_B).value(), 33e-6, 1e-15);
}

ColdSurcharge surcharge_of_two_caches() {
  ColdSurcharge surcharge;
  surcharge.add(128_KiB, SecondsPerByte(0));
  surcharge.add(1_MiB, SecondsPerByte(1e-10));
  surcharge.add(4_MiB, SecondsPerByte(3e-10));
  return surcharge;
}

TEST(ColdSurcharge, GrowsWithTheVectorUpToTheLongestMeasured) {
  const ColdSurcharge surcharge = surcharge_of_two_caches();
  EXPECT_EQ(surcharge.at(64_KiB).value(), 0);
  EXPECT_NEAR(surcharge.at(1_MiB).value(), 1e-10, 1e-16);
  EXPECT_NEAR(surcharge.at(2.5 * 1_MiB).value(), 2e-10, 1e-16);
  EXPECT_NEAR(surcharge.at(64_MiB).value(), 3e-10, 1e-16);
  EXPECT_EQ(ColdSurcharge().at(64_MiB).value(), 0);  // not measured
}

TEST(ColdSurcharge, AMessageAsLongAsTheVectorWasMeasuredWithIt) {
  const ColdSurcharge surcharge = surcharge_of_two_caches();
  EXPECT_NEAR(surcharge.applied(1_ms, 4_MiB, 4_MiB).value(), 1e-3, 1e-15);
  EXPECT_NEAR(surcharge.applied(1_ms, 128_KiB, 4_MiB).value(), 1e-3 + 131072 * 3e-10, 1e-15);
  EXPECT_NEAR(surcharge.applied(1_ms, 1_MiB, 4_MiB).value(), 1e-3 + 1048576 * 2e-10, 1e-15);
}

TEST(LaneCosts, ASegmentCostsMoreInALongVectorAndAWholeStepDoesNot) {
  LaneCosts costs;
  costs.outer = linear_step_costs(1_us, SecondsPerByte(1e-9), SecondsPerByte(1e-10));
  costs.cold_message = surcharge_of_two_caches();
  const CollectiveCost whole{{{.message = 4_MiB}}};
  const CollectiveCost segments{{{.message = 4_MiB, .startups = 32}}};
  const double plain = 4 * 1048576e-9;
  EXPECT_NEAR(costs.predict(whole, 4_MiB).value(), 1e-6 + plain, 1e-12);
  EXPECT_NEAR(costs.predict(segments, 4_MiB).value(), 32e-6 + plain + 4 * 1048576 * 3e-10, 1e-12);
}

}  // namespace
}  // namespace assay::collectives
