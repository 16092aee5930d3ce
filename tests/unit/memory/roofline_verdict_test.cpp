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

TEST(RooflineVerdict, NearTheKneeNothingIsJudged) {
  EXPECT_TRUE(is_near_knee(FlopsPerByte(4), peak, bandwidth));
  EXPECT_FALSE(is_near_knee(FlopsPerByte(1.5), peak, bandwidth));
  EXPECT_FALSE(is_near_knee(FlopsPerByte(16), peak, bandwidth));
  EXPECT_EQ(roofline_contradiction(0.6, FlopsPerByte(4), peak, bandwidth), "");
}

}  // namespace
}  // namespace assay::memory
