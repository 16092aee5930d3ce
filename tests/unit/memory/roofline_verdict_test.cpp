#include "probes/memory/roofline_verdict.hpp"

#include <gtest/gtest.h>

namespace assay::memory {
namespace {

const FlopsPerSecond peak(100e9);
const BytesPerSecond bandwidth(20e9);  // knee at 5 FLOP/B

TEST(RooflineVerdict, TheRoofIsTheLowerOfTheTwo) {
  EXPECT_EQ(roof_at(FlopsPerByte(1), peak, bandwidth), FlopsPerSecond(20e9));
  EXPECT_EQ(roof_at(FlopsPerByte(16), peak, bandwidth), FlopsPerSecond(100e9));
}

TEST(RooflineVerdict, OffTheKneeTenPercentAreAllowed) {
  EXPECT_EQ(roofline_contradiction(0.91, FlopsPerByte(0.5), peak, bandwidth), "");
  EXPECT_EQ(roofline_contradiction(1.09, FlopsPerByte(16), peak, bandwidth), "");
  const std::string low = roofline_contradiction(0.8, FlopsPerByte(0.5), peak, bandwidth);
  EXPECT_NE(low.find("0.80 of the roof"), std::string::npos) << low;
  EXPECT_FALSE(roofline_contradiction(1.2, FlopsPerByte(16), peak, bandwidth).empty())
      << "above a roof is as impossible as below it is wrong";
}

TEST(RooflineVerdict, ASlowerClockLowersTheRoofsOfTheCoreOnly) {
  const LevelRoofs cache{peak, Hertz(3.4e9), bandwidth, Hertz(3.6e9), true};
  const LevelRoofs slower = at_clock(cache, Hertz(1.7e9));
  EXPECT_DOUBLE_EQ(slower.peak.value(), 50e9);
  EXPECT_DOUBLE_EQ(slower.bandwidth.value(), 20e9 * 1.7 / 3.6);
  LevelRoofs dram = cache;
  dram.bandwidth_follows_clock = false;
  EXPECT_EQ(at_clock(dram, Hertz(1.7e9)).bandwidth, bandwidth);
  EXPECT_DOUBLE_EQ(at_clock(dram, Hertz(1.7e9)).peak.value(), 50e9);
}

TEST(RooflineVerdict, AnUnknownClockChangesNoRoof) {
  const LevelRoofs roofs{peak, Hertz(3.4e9), bandwidth, Hertz(3.6e9), true};
  EXPECT_EQ(at_clock(roofs, Hertz()).peak, peak);
  const LevelRoofs without{peak, Hertz(), bandwidth, Hertz(), true};
  EXPECT_EQ(at_clock(without, Hertz(3e9)).peak, peak);
  EXPECT_EQ(at_clock(without, Hertz(3e9)).bandwidth, bandwidth);
}

TEST(RooflineVerdict, NearTheKneeNothingIsJudged) {
  EXPECT_TRUE(is_near_knee(FlopsPerByte(4), peak, bandwidth));
  EXPECT_FALSE(is_near_knee(FlopsPerByte(1.5), peak, bandwidth));
  EXPECT_FALSE(is_near_knee(FlopsPerByte(16), peak, bandwidth));
  EXPECT_EQ(roofline_contradiction(0.6, FlopsPerByte(4), peak, bandwidth), "");
}

}  // namespace
}  // namespace assay::memory
