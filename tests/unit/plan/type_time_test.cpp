// Times on a node type that nobody measured: computing at its speed, bytes at its bandwidth.
#include "reports/models/money/type_time.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace assay::models {
namespace {

TEST(TypeTime, OnlyComputingRunsAtTheTypesSpeed) {
  // A step of 3 s computing and 1 s of communication on a node of twice the speed: 2.5 of 4 s.
  const Interval same_wire = type_factor({0.75, 0.75}, 2, 1, 4);
  EXPECT_DOUBLE_EQ(same_wire.low, 2.5 / 4);
  EXPECT_DOUBLE_EQ(same_wire.high, 2.5 / 4);
  // A wire of half the bandwidth: 2.5 s if all of it are start-ups, 3.5 s if all of it are bytes.
  const Interval slower_wire = type_factor({0.75, 0.75}, 2, 25.0 / 12.5, 4);
  EXPECT_DOUBLE_EQ(slower_wire.low, 2.5 / 4);
  EXPECT_DOUBLE_EQ(slower_wire.high, 3.5 / 4);
  // On one node nothing crosses it.
  EXPECT_DOUBLE_EQ(type_factor({0.75, 0.75}, 2, 2, 1).high, 2.5 / 4);
  // A bandwidth that is not stated is as measured.
  EXPECT_DOUBLE_EQ(type_factor({0.75, 0.75}, 2, NAN, 4).high, 2.5 / 4);
}

TEST(TypeTime, TheTypeItselfTakesWhatItTook) {
  const Interval factor = type_factor({0.2, 1}, 1, 1, 8);
  EXPECT_EQ(factor.low, 1);
  EXPECT_EQ(factor.high, 1);
}

TEST(TypeTime, TimesAloneBoundTheShareOfComputing) {
  EXPECT_EQ(compute_share(1, 10, 10, false).low, 1);
  // 10 s on one rank, 4 s on four: at least 2.5 of the 4 s are computing.
  const ComputeShare share = compute_share(4, 4, 10, false);
  EXPECT_DOUBLE_EQ(share.low, 0.625);
  EXPECT_DOUBLE_EQ(share.high, 1);
  EXPECT_DOUBLE_EQ(compute_share(4, 12.5, 10, true).low, 0.8);
  EXPECT_EQ(compute_share(4, 2, 10, false).low, 1) << "faster than ideal";
  EXPECT_EQ(compute_share(4, 2, 0, false).low, 0) << "one rank was not measured";
  // A node of four times the speed takes 1 s if all is computing, 0.625 + 1.5 s if as little as can
  // be is.
  const Interval factor = type_factor(share, 4, 1, 4);
  EXPECT_DOUBLE_EQ(factor.low, 1.0 / 4);
  EXPECT_DOUBLE_EQ(factor.high, 2.125 / 4);
}

}  // namespace
}  // namespace assay::models
