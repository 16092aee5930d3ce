#include "probes/compute/physical_limit.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace assay::compute {
namespace {

TEST(PipeLimit, OfX86) {
#if defined(__x86_64__)
  EXPECT_DOUBLE_EQ(pipe_limit(Operation::fma), 4);      // two FMA pipes
  EXPECT_DOUBLE_EQ(pipe_limit(Operation::fma_add), 6);  // two FMA and two add: 2*2 + 2*1
  // Three FMA pipes' worth of instructions per cycle, of which two are FMA: 2*2 + 1*1.
  EXPECT_DOUBLE_EQ(pipe_limit(Operation::fma_add_2_1), 5);
  EXPECT_DOUBLE_EQ(pipe_limit(Operation::dot, 8), 16);
#else
  EXPECT_GE(pipe_limit(Operation::fma), 4);
#endif
}

TEST(ImpossibleRate, AcceptsTheLimitAndATolerableClockError) {
  // 8 lanes, 3 GHz, 4 per cycle and lane: 96 GFLOP/s of one core.
  EXPECT_FALSE(impossible_rate(FlopsPerSecond(96e9), 1, 8, Hertz(3e9), 4));
  EXPECT_FALSE(impossible_rate(FlopsPerSecond(96e9 * 1.039), 1, 8, Hertz(3e9), 4));
  EXPECT_FALSE(impossible_rate(FlopsPerSecond(4 * 96e9), 4, 8, Hertz(3e9), 4));
}

TEST(ImpossibleRate, NamesWhatWasSeenAndWhatIsPossible) {
  const auto fault = impossible_rate(FlopsPerSecond(3.1 * 96e9), 1, 8, Hertz(3e9), 4);
  ASSERT_TRUE(fault);
  EXPECT_NE(fault->find("12.40"), std::string::npos) << *fault;
  EXPECT_NE(fault->find("4.00"), std::string::npos) << *fault;
}

std::vector<ChainPoint> sweep_of(std::vector<std::pair<int, double>> points) {
  std::vector<ChainPoint> sweep;
  for (const auto& [chains, rate] : points) sweep.push_back({chains, FlopsPerSecond(rate)});
  return sweep;
}

TEST(NotSaturated, APlateauIsARoof) {
  EXPECT_FALSE(not_saturated(sweep_of({{8, 95}, {10, 99}, {12, 100}, {16, 100}})));
  EXPECT_FALSE(not_saturated(sweep_of({{8, 100}, {10, 60}, {12, 50}})));  // more chains spill
  EXPECT_FALSE(not_saturated(sweep_of({{4, 60}, {8, 100}, {10, 90}})));
}

TEST(NotSaturated, ARisingSweepIsNot) {
  EXPECT_TRUE(not_saturated(sweep_of({{2, 50}, {4, 100}})));
  EXPECT_TRUE(not_saturated(sweep_of({{4, 100}})));  // one count shows nothing
  EXPECT_TRUE(not_saturated({}));
}

TEST(NearestEven, Rounds) {
  EXPECT_EQ(nearest_even(3.9), 4);
  EXPECT_EQ(nearest_even(2.9), 2);
  EXPECT_EQ(nearest_even(8.2), 8);
  EXPECT_EQ(nearest_even(0.1), 2);
}

}  // namespace
}  // namespace assay::compute
