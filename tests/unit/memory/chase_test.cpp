#include "probes/memory/chase.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "probes/host/topology.hpp"
#include "probes/memory/mapped_buffer.hpp"

namespace assay::memory {
namespace {

TEST(Permutation, HitsEveryIndexOnce) {
  for (std::uint64_t count : {1, 2, 3, 5, 64, 384, 1000, 4096, 100003}) {
    const Permutation permutation(count, 7);
    std::vector<bool> seen(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t x = permutation(i);
      ASSERT_LT(x, count);
      ASSERT_FALSE(seen[x]) << count << " " << i;
      seen[x] = true;
    }
  }
}

TEST(Permutation, HasNoStrideAPrefetcherCouldFollow) {
  constexpr std::uint64_t count = 4096;
  const Permutation permutation(count, 1);
  std::set<std::uint64_t> strides;
  for (std::uint64_t i = 0; i + 1 < count; ++i)
    strides.insert((permutation(i + 1) - permutation(i)) % count);
  EXPECT_GT(strides.size(), count / 4);
}

class ChaseRing : public ::testing::TestWithParam<ChaseOrder> {};

TEST_P(ChaseRing, VisitsEveryLineOnceAndComesBack) {
  // 70 pages: one group of 64 and a short one.
  const MappedBuffer buffer(280_KiB, Pages::huge);
  const Chase chase(buffer.data(), 280_KiB, 64_B, GetParam());
  const int pu = discover_machine().allowed_pus.front();
  PinnedPool pool({pu, pu, pu});
  chase.write(pool);
  ASSERT_EQ(chase.lines(), 280u * 1024 / 64);
  std::set<void*> visited;
  void* here = chase.at(0);
  for (std::uint64_t step = 0; step < chase.lines(); ++step) {
    ASSERT_EQ(here, chase.at(step));
    ASSERT_TRUE(visited.insert(here).second);
    here = *static_cast<void**>(here);
  }
  EXPECT_EQ(here, chase.at(0));
  EXPECT_EQ(run_chase(chase.at(0), 4480), chase.at(4480));
}

TEST_P(ChaseRing, PageRandomStaysWithinAGroupOfSixtyFourPages) {
  const MappedBuffer buffer(1_MiB, Pages::huge);
  const Chase chase(buffer.data(), 1_MiB, 64_B, GetParam());
  const std::uint64_t per_group = to_size(group_size) / 64;
  std::set<std::size_t> groups;
  for (std::uint64_t step = 0; step < per_group; ++step)
    groups.insert(
        static_cast<std::size_t>(static_cast<std::byte*>(chase.at(step)) - buffer.data()) /
        to_size(group_size));
  EXPECT_EQ(groups.size(), GetParam() == ChaseOrder::page_random ? 1u : 4u);
}

INSTANTIATE_TEST_SUITE_P(Orders, ChaseRing,
                         ::testing::Values(ChaseOrder::random, ChaseOrder::page_random));

}  // namespace
}  // namespace assay::memory
