#include "probes/host/pinned_pool.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>

#include "probes/core/clock.hpp"
#include "probes/core/errors.hpp"
#include "probes/host/topology.hpp"

namespace assay {
namespace {

TEST(PinnedPool, EveryThreadRunsOnItsOwnAllowedUnit) {
  const Machine machine = discover_machine();
  ASSERT_FALSE(machine.one_pu_per_core.empty());
  PinnedPool pool(machine.one_pu_per_core);
  std::vector<int> seen(static_cast<std::size_t>(pool.size()), -1);
  pool.run([&](int thread) { seen[static_cast<std::size_t>(thread)] = sched_getcpu(); });
  EXPECT_EQ(seen, machine.one_pu_per_core);
}

TEST(PinnedPool, RegionTimeCoversTheSlowestThread) {
  PinnedPool pool({discover_machine().allowed_pus.front()});
  const auto region = pool.run([](int) {
    const Deadline end(20_ms);
    while (!end.passed()) {
    }
  });
  EXPECT_GE(region.wall, 20_ms);
  EXPECT_GT(region.cpu_wall_ratio(), 0);
}

TEST(PinnedPool, CanBeUsedManyTimes) {
  PinnedPool pool(discover_machine().one_pu_per_core);
  std::atomic<int> runs{0};
  for (int i = 0; i < 100; ++i) pool.run([&](int) { ++runs; });
  EXPECT_EQ(runs, 100 * pool.size());
}

TEST(PinnedPool, AnExceptionOfAThreadReachesTheCallerAndThePoolLives) {
  PinnedPool pool(discover_machine().one_pu_per_core);
  EXPECT_THROW(pool.run([](int) { throw RunError("x"); }), RunError);
  EXPECT_NO_THROW(pool.run([](int) {}));
}

TEST(PinnedPool, AUnitThatIsNotAllowedIsAnError) {
  EXPECT_THROW(PinnedPool({100000}), RunError);
}

}  // namespace
}  // namespace assay
