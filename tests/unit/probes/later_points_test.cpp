#include "probes/later_points.hpp"

#include <gtest/gtest.h>

namespace assay {
namespace {

Record set_of(std::int64_t threads, std::int64_t bytes) {
  Record point;
  point.probe = "memory.bandwidth";
  point.threads = threads;
  point.bytes = bytes;
  return point;
}

const std::vector<Record> both_groups = {set_of(2, 1000), set_of(2, 4'000'000), set_of(1, 1000),
                                         set_of(1, 4'000'000)};

TEST(LaterPoints, HalfOfAVisitGoesWithItsPointsAndHalfWithTheirBytes) {
  const VisitCost earlier(8_s, both_groups);
  EXPECT_EQ(expected_time(both_groups, earlier), 8_s);
  EXPECT_NEAR(expected_time({both_groups[0], both_groups[1]}, earlier).value(), 4, 1e-9);
  // 2 of 4 points, 1 of 4000 bytes: a quarter and a thousandth.
  EXPECT_NEAR(expected_time({both_groups[0], both_groups[2]}, earlier).value(), 2.001, 1e-3);
  EXPECT_NEAR(expected_time({both_groups[0]}, earlier).value(), 1.6, 1e-9) << "a fifth";
}

TEST(LaterPoints, PointsWithoutASizeCountByNumber) {
  const std::vector<Record> points(4);
  EXPECT_EQ(expected_time({points[0], points[1]}, VisitCost(8_s, points)), 4_s);
}

TEST(LaterPoints, AllThatFitElseAllCoresElseSmallSets) {
  const VisitCost earlier(8_s, both_groups);
  EXPECT_EQ(points_that_fit(both_groups, earlier, 9_s).size(), 4u);
  const auto all_cores = points_that_fit(both_groups, earlier, 5_s);
  ASSERT_EQ(all_cores.size(), 2u);
  EXPECT_EQ(all_cores[0].threads, 2);
  EXPECT_EQ(all_cores[1].bytes, 4'000'000);
  const auto small = points_that_fit(both_groups, earlier, 2_s);
  ASSERT_EQ(small.size(), 1u);
  EXPECT_EQ(small[0].bytes, 1000);
  EXPECT_TRUE(points_that_fit(both_groups, earlier, 1_s).empty());
  EXPECT_TRUE(points_that_fit({}, earlier, 1_s).empty());
}

}  // namespace
}  // namespace assay
