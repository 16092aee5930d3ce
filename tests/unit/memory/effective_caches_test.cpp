#include "probes/memory/effective_caches.hpp"

#include <gtest/gtest.h>

#include "probes/memory/working_set.hpp"
#include "tests/unit/memory/machines.hpp"

namespace assay::memory {
namespace {

using testing::all_pus;
using testing::one_pu;
using testing::server;

CacheKnee knee(int level, Bytes advertised, Bytes effective) {
  return {level, advertised, effective, Seconds(1e-9)};
}

TEST(EffectiveCaches, AKneeFarBelowTheAdvertisedSizeIsWhatSetsArePlannedWith) {
  // Seen on a guest of a shared host: 32 MiB advertised, a knee at 8 MiB.
  const Machine guest = with_effective_caches(server(), {knee(3, 32_MiB, 8_MiB)}, 2);
  EXPECT_EQ(cache_set_per_thread(server(), 3, one_pu).value(), 4_MiB);
  EXPECT_EQ(guest.cache(3, 0)->size, 8_MiB);
  EXPECT_EQ(cache_set_per_thread(guest, 3, one_pu).value(), 4_MiB);
  const auto four = cache_set_per_thread(guest, 3, all_pus);
  EXPECT_EQ(four.status(), Status::unsupported);
  EXPECT_NE(four.reason().find("no set lies in L3"), std::string::npos) << four.reason();
}

TEST(EffectiveCaches, WhereNoSetFitsTheKneesTheAdvertisedOneIsDoubtful) {
  const Machine guest = with_effective_caches(server(), {knee(3, 32_MiB, 8_MiB)}, 2);
  const auto four = cache_set_as_found(server(), guest, 3, all_pus);
  EXPECT_EQ(four.status(), Status::untrusted);
  EXPECT_EQ(four.value(), 4_MiB);
  EXPECT_NE(four.reason().find("no set lies in L3"), std::string::npos) << four.reason();
  EXPECT_EQ(cache_set_as_found(server(), guest, 3, one_pu).status(), Status::ok);
  EXPECT_EQ(cache_set_as_found(server(), guest, 4, one_pu).status(), Status::unsupported);
}

TEST(EffectiveCaches, AKneeFoundTooLowPutsNoSetIntoTheLevelBelow) {
  const Machine guest =
      with_effective_caches(server(), {knee(2, 2_MiB, 512_KiB), knee(3, 32_MiB, 20_MiB)}, 2);
  EXPECT_EQ(cache_set_as_found(server(), guest, 2, one_pu).value(), 256_KiB);
  EXPECT_EQ(cache_set_as_found(server(), guest, 3, one_pu).value(), 4_MiB);
}

TEST(EffectiveCaches, AKneeWithinAStepOfTheSweepChangesNothing) {
  const Machine same =
      with_effective_caches(server(), {knee(1, 48_KiB, 36_KiB), knee(2, 2_MiB, 2_MiB)}, 2);
  EXPECT_EQ(same.cache(1, 0)->size, 48_KiB);
  EXPECT_EQ(same.cache(2, 3)->size, 2_MiB);
  EXPECT_EQ(with_effective_caches(server(), {knee(1, 48_KiB, 36_KiB)}, 4).cache(1, 0)->size,
            36_KiB);
}

TEST(EffectiveCaches, AKneeBeyondTheAdvertisedSizeDoesNotEnlargeACache) {
  EXPECT_EQ(with_effective_caches(server(), {knee(2, 2_MiB, 3_MiB)}, 2).cache(2, 0)->size, 2_MiB);
}

TEST(EffectiveCaches, WithoutAnAdvertisedCacheThereIsNoLevelToFind) {
  Machine unknown = server();
  unknown.caches.clear();
  EXPECT_TRUE(
      cache_knees(unknown, discover_machine().one_pu_per_core.front(), Profile::quick).empty());
}

}  // namespace
}  // namespace assay::memory
