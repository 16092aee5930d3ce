#include "probes/memory/stream_kernels.hpp"

#include <gtest/gtest.h>

#include <hwy/aligned_allocator.h>
#include <hwy/targets.h>

#include <algorithm>
#include <utility>

namespace assay::memory {
namespace {

constexpr std::size_t n = 4 * stream_granule;
constexpr double untouched = -7;

// Arrays with a margin, so that a kernel that runs over its end is seen.
struct Arrays {
  hwy::AlignedFreeUniquePtr<double[]> a = hwy::AllocateAligned<double>(n + stream_granule);
  hwy::AlignedFreeUniquePtr<double[]> b = hwy::AllocateAligned<double>(n + stream_granule);
  hwy::AlignedFreeUniquePtr<double[]> c = hwy::AllocateAligned<double>(n + stream_granule);
  Arrays() {
    for (std::size_t i = 0; i < n + stream_granule; ++i) {
      a[i] = i < n ? static_cast<double>(i) : untouched;
      b[i] = 2.0 * static_cast<double>(i);
      c[i] = 4.0 * static_cast<double>(i % 17);
    }
  }
  [[nodiscard]] StreamArrays view() { return {a.get(), b.get(), c.get(), n}; }
};

double reference(StreamOperation operation, std::size_t i, double q, double passes) {
  const auto x = static_cast<double>(i);
  switch (operation) {
    case StreamOperation::read:
      return x;
    case StreamOperation::write:
      return q;
    case StreamOperation::copy:
      return 2 * x;
    case StreamOperation::triad:
      return 2 * x + q * 4.0 * static_cast<double>(i % 17);
    case StreamOperation::update:
      return x + passes * q;
  }
  return untouched;
}

class EveryTarget : public ::testing::TestWithParam<std::int64_t> {
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

TEST_P(EveryTarget, EveryKernelComputesItsFormulaAndNothingBeyondItsEnd) {
  EXPECT_EQ(stream_isa(), hwy::TargetName(GetParam()));
  for (StreamOperation operation : all_stream_operations)
    for (Stores stores : {Stores::normal, Stores::prefetched, Stores::non_temporal}) {
      Arrays arrays;
      const StreamKernel kernel{operation, stores};
      run_stream_kernel(kernel, arrays.view(), 0.5, 3);
      for (std::size_t i = 0; i < n; ++i)
        ASSERT_EQ(arrays.a[i], reference(operation, i, 0.5, 3)) << name_of(kernel) << " at " << i;
      for (std::size_t i = n; i < n + stream_granule; ++i)
        ASSERT_EQ(arrays.a[i], untouched) << name_of(kernel);
    }
}

TEST_P(EveryTarget, TheLoopOfReadVisitsEveryElement) {
  Arrays arrays;
  const std::uint64_t before = read_checksum(arrays.a.get(), n);
  EXPECT_EQ(before, expected_checksum(arrays.a.get(), n));
  for (std::size_t i : {std::size_t{0}, n / 2 + 3, n - 1}) {
    const double kept = std::exchange(arrays.a[i], -3.0);
    EXPECT_NE(read_checksum(arrays.a.get(), n), before) << i;
    arrays.a[i] = kept;
  }
  arrays.a[n] = 5;
  EXPECT_EQ(read_checksum(arrays.a.get(), n), before) << "beyond the end";
}

TEST(StreamKernels, ChecksumOfOneValueByHand) {
  Arrays arrays;
  std::fill_n(arrays.a.get(), n, 0.0);
  arrays.a[5] = 1.0;  // 0x3ff0000000000000
  EXPECT_EQ(expected_checksum(arrays.a.get(), n), 0x3ff0000000000000u);
}

INSTANTIATE_TEST_SUITE_P(Isa, EveryTarget, ::testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const auto& target) {
                           return std::string(hwy::TargetName(target.param));
                         });

TEST(StreamKernels, BytesPerElementWithAndWithoutWriteAllocate) {
  const StreamKernel triad{StreamOperation::triad, Stores::normal};
  const StreamKernel triad_nt{StreamOperation::triad, Stores::non_temporal};
  const StreamKernel prefetched{StreamOperation::triad, Stores::prefetched};
  EXPECT_EQ(name_of(triad_nt), "triad_nt");
  EXPECT_EQ(name_of(prefetched), "triad_prefetched");
  EXPECT_EQ(traffic_bytes(prefetched), traffic_bytes(triad)) << "their lines are read too";
  EXPECT_EQ(stream_bytes(triad), 24_B);
  EXPECT_EQ(traffic_bytes(triad), 32_B);
  EXPECT_EQ(traffic_bytes(triad_nt), 24_B);
  const auto factor = [](StreamOperation operation) {
    const StreamKernel kernel{operation, Stores::normal};
    return traffic_bytes(kernel) / stream_bytes(kernel);
  };
  EXPECT_EQ(factor(StreamOperation::write), 2);
  EXPECT_EQ(factor(StreamOperation::copy), 1.5);
  EXPECT_EQ(factor(StreamOperation::read), 1);
  EXPECT_EQ(factor(StreamOperation::update), 1);
}

}  // namespace
}  // namespace assay::memory
