#include "probes/memory/latency_knee.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace assay::memory {
namespace {

struct Level {
  Bytes size;
  double nanoseconds;
};

// Random chase over a set S: each level holds size/S of it, beyond what the levels below hold.
std::vector<LatencyPoint> curve(const std::vector<Level>& caches, double dram, int per_octave,
                                Bytes largest) {
  std::vector<LatencyPoint> points;
  for (Bytes set : sweep_sizes(16_KiB, largest, per_octave)) {
    double covered = 0, time = 0;
    for (const Level& cache : caches) {
      const double reach = std::min(1.0, cache.size / set);
      time += std::max(0.0, reach - covered) * cache.nanoseconds;
      covered = std::max(covered, reach);
    }
    points.push_back({set, Seconds(1e-9 * (time + (1 - covered) * dram))});
  }
  return points;
}

const std::vector<Bytes> advertised{48_KiB, 2_MiB, 480_MiB};

TEST(LatencyKnee, FindsTheAdvertisedSizesOfAnOwnMachine) {
  const auto points = curve({{48_KiB, 1.4}, {2_MiB, 4.6}, {480_MiB, 30}}, 120, 2, 4_GiB);
  const auto knees = find_knees(points, advertised);
  ASSERT_EQ(knees.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(knees[i].level, static_cast<int>(i) + 1);
    EXPECT_EQ(knees[i].advertised, advertised[i]);
    EXPECT_GT(knees[i].effective, 0.65 * advertised[i]);
    EXPECT_LT(knees[i].effective, 1.5 * advertised[i]);
  }
  EXPECT_NEAR(knees[1].plateau.value(), 4.6e-9, 1e-9);
}

TEST(LatencyKnee, AShareOfASharedCacheIsTheEffectiveSize) {
  const auto points = curve({{48_KiB, 1.4}, {2_MiB, 4.6}, {16_MiB, 40}}, 160, 2, 2_GiB);
  const auto knees = find_knees(points, advertised);
  ASSERT_EQ(knees.size(), 3u);
  EXPECT_GE(knees[2].effective, 10_MiB);
  EXPECT_LE(knees[2].effective, 24_MiB);
  EXPECT_EQ(knees[2].advertised, 480_MiB);
}

TEST(LatencyKnee, ALevelWhoseEndWasNotReachedHasNoKnee) {
  const auto points = curve({{48_KiB, 1.4}, {2_MiB, 4.6}, {480_MiB, 30}}, 120, 2, 64_MiB);
  EXPECT_EQ(find_knees(points, advertised).size(), 2u);
}

TEST(LatencyKnee, WithoutAdvertisedSizesLevelsAreCountedAsFound) {
  const auto points = curve({{48_KiB, 1.4}, {2_MiB, 4.6}, {64_MiB, 30}}, 120, 2, 2_GiB);
  const auto knees = find_knees(points, {});
  ASSERT_EQ(knees.size(), 3u);
  EXPECT_LT(knees[0].effective, 100_KiB);
  EXPECT_GT(knees[2].effective, 30_MiB);
  EXPECT_EQ(knees[2].advertised, 0_B);
}

TEST(LatencyKnee, AFlatCurveHasNone) {
  const std::vector<LatencyPoint> flat{{16_KiB, 1_us}, {32_KiB, 1_us}, {64_KiB, 1_us}};
  EXPECT_TRUE(find_knees(flat, advertised).empty());
  EXPECT_TRUE(find_knees(flat, {}).empty());
  EXPECT_TRUE(find_knees({}, advertised).empty());
}

TEST(LatencyKnee, SetsBetweenLevelsHaveNoName) {
  const std::vector<CacheKnee> knees{
      {1, 48_KiB, 48_KiB, {}}, {2, 2_MiB, 2_MiB, {}}, {3, 480_MiB, 16_MiB, {}}};
  EXPECT_EQ(level_of_set(knees, 16_KiB), "L1");
  EXPECT_EQ(level_of_set(knees, 48_KiB), "");
  EXPECT_EQ(level_of_set(knees, 1_MiB), "L2");
  EXPECT_EQ(level_of_set(knees, 8_MiB), "L3");
  EXPECT_EQ(level_of_set(knees, 32_MiB), "");
  EXPECT_EQ(level_of_set(knees, 64_MiB), "DRAM");
  EXPECT_EQ(level_of_set({}, 1_GiB), "");
}

TEST(LatencyKnee, SweepSizesAscendWithoutRepeats) {
  const auto sizes = sweep_sizes(16_KiB, 1_MiB, 2);
  EXPECT_EQ(sizes.front(), 16_KiB);
  EXPECT_EQ(sizes.back(), 1_MiB);
  EXPECT_EQ(sizes.size(), 13u);
  EXPECT_TRUE(std::ranges::is_sorted(sizes));
  EXPECT_TRUE(sweep_sizes(1_MiB, 16_KiB, 2).empty());
}

}  // namespace
}  // namespace assay::memory
