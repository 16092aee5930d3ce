#include "probes/memory/intensity_kernel.hpp"

#include <gtest/gtest.h>

#include <hwy/aligned_allocator.h>
#include <hwy/targets.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace assay::memory {
namespace {

class IntensityTarget : public ::testing::TestWithParam<std::int64_t> {
 protected:
  void SetUp() override {
    hwy::SetSupportedTargetsForTest(GetParam());
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
  void TearDown() override {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

TEST_P(IntensityTarget, SumsAreExactAndSeeEveryElement) {
  constexpr std::size_t n = 4 * intensity_granule;
  auto a = hwy::AllocateAligned<double>(n);
  for (std::size_t i = 0; i < n; ++i) a[i] = initial_element(i);
  for (int fmas : fma_counts) {
    EXPECT_EQ(run_intensity_kernel(fmas, a.get(), n, 3), expected_intensity_sum(fmas, n, 3))
        << fmas;
    a[n - 1] += 1;
    EXPECT_NE(run_intensity_kernel(fmas, a.get(), n, 3), expected_intensity_sum(fmas, n, 3))
        << fmas;
    a[n - 1] -= 1;
  }
}

TEST_P(IntensityTarget, RegisterFmasComeBackAfterTwoSteps) {
  std::array<double, 512> seed{};
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<double>(i) / 256;
  double first = 0, second = 0;
  const Flops one = run_register_fmas(seed.data(), 1, &first);
  const Flops three = run_register_fmas(seed.data(), 3, &second);
  EXPECT_EQ(first, second);
  EXPECT_GT(first, 0);
  EXPECT_EQ(three, 3.0 * one);
}

// Additions must be the longest path of each chain, or the clock would come out too low.
TEST_P(IntensityTarget, TheClockAmongItsInstructionsIsThatOfACore) {
#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "instrumented or plain kernels delay the additions";
#endif
  const auto best = [](int fmas) {
    Hertz clock;
    for (int i = 0; i < 20; ++i) clock = std::max(clock, clock_among(fmas));
    return clock;
  };
  const Hertz in_registers_only = best(in_registers);
  for (int fmas : {reading, 1, 2, 4, 64}) {
    EXPECT_GT(best(fmas), 0.7 * in_registers_only) << fmas;
    EXPECT_LT(best(fmas), 1.5 * in_registers_only) << fmas;
  }
}

// Large sets take the paths with prefetches.
TEST_P(IntensityTarget, SumsOfLargeSetsAreExact) {
  for (const std::size_t n : {std::size_t{64} * 1024, std::size_t{512} * 1024}) {
    auto a = hwy::AllocateAligned<double>(n);
    for (std::size_t i = 0; i < n; ++i) a[i] = initial_element(i);
    EXPECT_EQ(run_intensity_kernel(2, a.get(), n, 1), expected_intensity_sum(2, n, 1)) << n;
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, IntensityTarget,
                         ::testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const auto& target) {
                           return std::string(hwy::TargetName(target.param));
                         });

TEST(IntensityKernel, IntensityIsAQuarterFlopPerByteForEachFma) {
  EXPECT_EQ(intensity_of(1).value(), 0.25);
  EXPECT_EQ(intensity_of(64).value(), 16);
  // By hand, elements 1..7, 1: their sum is 29; of 1.25 - x it is 8 * 1.25 - 29.
  EXPECT_EQ(expected_intensity_sum(2, 8, 1), -(8 * 1.25 - 29));
  EXPECT_EQ(expected_intensity_sum(1, 8, 2), -58);
}

}  // namespace
}  // namespace assay::memory
