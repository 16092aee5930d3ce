#include "probes/memory/intensity_kernel.hpp"

#include <gtest/gtest.h>

#include <hwy/aligned_allocator.h>
#include <hwy/targets.h>

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
