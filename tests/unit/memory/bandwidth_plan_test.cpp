#include "probes/memory/bandwidth_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/memory/machines.hpp"

namespace assay::memory {
namespace {

using testing::machine_with;

std::vector<std::size_t> sizes(const std::vector<ThreadGroup>& groups) {
  std::vector<std::size_t> sizes;
  for (const ThreadGroup& group : groups) sizes.push_back(group.pus.size());
  return sizes;
}

TEST(BandwidthPlan, QuickIsTheWholeNodeAndOneCore) {
  const Machine machine = machine_with(8, 4, 48_KiB, 1_MiB, 32_MiB, 64_GiB);
  EXPECT_EQ(sizes(thread_groups(machine, Profile::quick)), (std::vector<std::size_t>{8, 1}));
}

TEST(BandwidthPlan, StandardSweepsTheFirstDomainAndFillsEachOther) {
  const Machine machine = machine_with(8, 4, 48_KiB, 1_MiB, 32_MiB, 64_GiB);
  const auto groups = thread_groups(machine, Profile::standard);
  EXPECT_EQ(sizes(groups), (std::vector<std::size_t>{8, 1, 2, 4, 4}));
  EXPECT_EQ(groups[3].placement, "llc0");
  EXPECT_EQ(groups[4].placement, "llc1");
  EXPECT_EQ(groups[4].pus, (std::vector{4, 5, 6, 7}));
}

TEST(BandwidthPlan, OneDomainNeedsNoPlacement) {
  const Machine machine = machine_with(6, 6, 48_KiB, 1_MiB, 32_MiB, 64_GiB);
  const auto groups = thread_groups(machine, Profile::standard);
  EXPECT_EQ(sizes(groups), (std::vector<std::size_t>{6, 1, 2, 4}));
  for (const ThreadGroup& group : groups) EXPECT_TRUE(group.placement.empty());
}

TEST(BandwidthPlan, ACpuQuotaLimitsTheThreads) {
  Machine machine = machine_with(4, 4, 48_KiB, 1_MiB, 32_MiB, 64_GiB);
  machine.cpu_quota = 1.5;
  EXPECT_EQ(busy_pus(machine), std::vector{0});
  machine.cpu_quota = 0.25;
  EXPECT_EQ(busy_pus(machine), std::vector{0});
  machine.cpu_quota = 3;
  EXPECT_EQ(busy_pus(machine).size(), 3u);
}

TEST(BandwidthPlan, OtherThanNormalStoresBelongToDramOnly) {
  for (Profile profile : {Profile::quick, Profile::standard, Profile::thorough}) {
    const auto streams = [](StreamKernel kernel) { return kernel.stores != Stores::normal; };
    EXPECT_TRUE(std::ranges::none_of(kernels_for(false, profile), streams));
    EXPECT_TRUE(std::ranges::any_of(kernels_for(true, profile), streams));
  }
  EXPECT_EQ(kernels_for(false, Profile::standard).size(), 5u);
  EXPECT_EQ(kernels_for(true, Profile::standard).size(), 11u) << "3 of them in three kinds";
}

}  // namespace
}  // namespace assay::memory
