#include "probes/memory/working_set.hpp"

#include <gtest/gtest.h>

#include "tests/unit/memory/machines.hpp"

namespace assay::memory {
namespace {

using testing::all_pus;
using testing::machine_with;
using testing::one_pu;
using testing::server;

TEST(WorkingSet, FirstLevelIsHalfOfTheCache) {
  EXPECT_EQ(cache_set_per_thread(server(), 1, all_pus).value(), 24_KiB);
}

TEST(WorkingSet, AMiddleLevelIsHalfOfTheShare) {
  EXPECT_EQ(cache_set_per_thread(server(), 2, all_pus).value(), 1_MiB);
}

TEST(WorkingSet, TheLastLevelIsTwiceTheOneBelowAndAtMostHalfTheShare) {
  EXPECT_EQ(cache_set_per_thread(server(), 3, all_pus).value(), 4_MiB);
  const Machine small = machine_with(4, 4, 48_KiB, 2_MiB, 28_MiB, 64_GiB);
  EXPECT_EQ(cache_set_per_thread(small, 3, all_pus).value(), bytes_of(28 * 1048576 / 4 / 2));
  EXPECT_EQ(cache_set_per_thread(small, 3, one_pu).value(), 4_MiB);
}

TEST(WorkingSet, ALevelThatHoldsNoSetBeyondTheOneBelowIsUnsupported) {
  const Machine victim = machine_with(4, 4, 48_KiB, 2_MiB, 7_MiB, 64_GiB);
  const auto outcome = cache_set_per_thread(victim, 3, all_pus);
  EXPECT_EQ(outcome.status(), Status::unsupported);
  EXPECT_NE(outcome.reason().find("no set lies in L3"), std::string::npos) << outcome.reason();
  EXPECT_TRUE(cache_set_per_thread(victim, 3, one_pu).has_value());
}

TEST(WorkingSet, ThreadsOfOneCacheShareIt) {
  Machine threads = server();
  for (Cache& cache : threads.caches)
    if (cache.level == 1) cache.pus = {0, 1};
  EXPECT_EQ(cache_set_per_thread(threads, 1, std::vector{0, 1}).value(), 12_KiB);
}

TEST(WorkingSet, CachesAreNearerByNumberAndDramIsBeyondAll) {
  EXPECT_TRUE(is_nearer("L1", "L2"));
  EXPECT_TRUE(is_nearer("L3", "DRAM"));
  EXPECT_FALSE(is_nearer("DRAM", "L1"));
  EXPECT_FALSE(is_nearer("L2", "L2"));
  for (const char* no_level : {"", "L", "between"}) {
    EXPECT_FALSE(is_nearer(no_level, "DRAM")) << no_level;
    EXPECT_FALSE(is_nearer("L1", no_level)) << no_level;
  }
}

TEST(WorkingSet, UnknownCachesGiveNoCacheLevelAndADoubtfulDram) {
  Machine unknown = server();
  unknown.caches.clear();
  for (int level : {1, 2, 3})
    EXPECT_EQ(cache_set_per_thread(unknown, level, all_pus).status(), Status::unsupported);
  EXPECT_TRUE(cache_levels(unknown).empty());
  const auto dram = dram_set_per_thread(unknown, all_pus);
  EXPECT_EQ(dram.status(), Status::untrusted);
  EXPECT_EQ(dram.value(), 256_MiB);
}

TEST(WorkingSet, DramIsFourTimesTheCachesAndAtLeastOneGibibyte) {
  EXPECT_EQ(dram_set_per_thread(server(), all_pus).value(), 256_MiB);
  const Machine large = machine_with(4, 4, 48_KiB, 2_MiB, 480_MiB, 24_GiB);
  EXPECT_EQ(dram_set_per_thread(large, all_pus).value(), 480_MiB);
  const Machine two_domains = machine_with(4, 2, 48_KiB, 2_MiB, 480_MiB, 24_GiB);
  EXPECT_EQ(dram_set_per_thread(two_domains, all_pus).value(), 960_MiB);
  EXPECT_EQ(last_level_total(two_domains, one_pu), 480_MiB);
}

TEST(WorkingSet, AMemoryCapShrinksDramThenForbidsIt) {
  // 60 % of 512 MiB is 307 MiB: beyond four times 32 MiB, though below 1 GiB.
  const Machine capped = machine_with(4, 4, 48_KiB, 2_MiB, 32_MiB, 512_MiB);
  const auto shrunk = dram_set_per_thread(capped, all_pus);
  EXPECT_EQ(shrunk.status(), Status::ok);
  EXPECT_LE(4.0 * shrunk.value(), 0.6 * capped.memory_cap);
  const Machine tight = machine_with(4, 4, 48_KiB, 2_MiB, 128_MiB, 512_MiB);
  EXPECT_EQ(dram_set_per_thread(tight, all_pus).status(), Status::untrusted);
  const Machine hopeless = machine_with(4, 4, 48_KiB, 2_MiB, 480_MiB, 512_MiB);
  EXPECT_EQ(dram_set_per_thread(hopeless, all_pus).status(), Status::unsupported);
}

}  // namespace
}  // namespace assay::memory
