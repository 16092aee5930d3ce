#include "probes/network/launch/life_signs.hpp"

#include <gtest/gtest.h>
#include <time.h>

#include <memory>

#include "probes/core/clock.hpp"
#include "probes/core/interrupt.hpp"

namespace assay::network {
namespace {

void nap() {
  const timespec short_nap{0, 10'000'000};
  nanosleep(&short_nap, nullptr);
}

std::optional<int> listen(LifeSigns& signs, Seconds allowed, Seconds limit) {
  for (const Deadline deadline(limit); !deadline.passed(); nap())
    if (const auto rank = signs.silent(allowed)) return rank;
  return std::nullopt;
}

TEST(LifeSigns, WhoFallsSilentIsNamedAndTheOthersAreNot) {
  LifeSigns zero, two;
  auto one = std::make_unique<LifeSigns>();
  const std::vector<std::string> addresses = {zero.address(), one->address(), two.address()};
  zero.begin(0, addresses);
  one->begin(1, addresses);
  two.begin(2, addresses);
  EXPECT_EQ(listen(zero, 30_s, 500_ms), std::nullopt);
  one.reset();
  EXPECT_EQ(listen(zero, 2_s, 200_s), 1);
  EXPECT_EQ(listen(two, 30_s, 500_ms), std::nullopt) << "it hears rank 0";
}

TEST(LifeSigns, OfARankThatWasNeverHeardNothingIsConcluded) {
  LifeSigns zero, one;
  zero.begin(0, {zero.address(), one.address()});
  EXPECT_EQ(listen(zero, 100_ms, 500_ms), std::nullopt);
}

TEST(LifeSigns, SilenceCountsOnlyWhileSomebodyListens) {
  LifeSigns zero;
  auto one = std::make_unique<LifeSigns>();
  zero.begin(0, {zero.address(), one->address()});
  one->begin(1, {zero.address(), one->address()});
  while (zero.silent(1_s)) nap();
  for (int i = 0; i < 50; ++i) nap();
  one.reset();
  for (int i = 0; i < 150; ++i) nap();
  EXPECT_EQ(zero.silent(1_s), std::nullopt) << "we did not listen meanwhile";
}

TEST(LifeSigns, AWatchInterruptsABusyMainThread) {
  LifeSigns zero;
  auto one = std::make_unique<LifeSigns>();
  zero.begin(0, {zero.address(), one->address()});
  one->begin(1, {zero.address(), one->address()});
  while (zero.silent(1_s)) nap();
  zero.watch(1_s);
  for (int i = 0; i < 20; ++i) nap();
  EXPECT_FALSE(interrupted());
  one.reset();
  for (const Deadline deadline(200_s); !interrupted() && !deadline.passed();) nap();
  EXPECT_TRUE(interrupted());
  EXPECT_EQ(zero.end_watch(), 1);
  EXPECT_FALSE(interrupted());
  EXPECT_EQ(zero.end_watch(), std::nullopt);
}

}  // namespace
}  // namespace assay::network
