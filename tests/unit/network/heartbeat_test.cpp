#include "probes/network/launch/heartbeat.hpp"

#include <gtest/gtest.h>
#include <time.h>

#include <memory>

#include "probes/core/clock.hpp"
#include "probes/core/interrupt.hpp"

namespace assay::network {
namespace {

void sleep_briefly() {
  const timespec short_nap{0, 10'000'000};
  nanosleep(&short_nap, nullptr);
}

std::optional<int> listen(Heartbeat& signs, Seconds allowed, Seconds limit) {
  for (const Deadline deadline(limit); !deadline.passed(); sleep_briefly())
    if (const auto rank = signs.silent(allowed)) return rank;
  return std::nullopt;
}

TEST(Heartbeat, WhoFallsSilentIsNamedAndTheOthersAreNot) {
  Heartbeat zero, two;
  auto one = std::make_unique<Heartbeat>();
  const std::vector<std::string> addresses = {zero.address(), one->address(), two.address()};
  zero.begin(0, addresses);
  one->begin(1, addresses);
  two.begin(2, addresses);
  EXPECT_EQ(listen(zero, 30_s, 500_ms), std::nullopt);
  one.reset();
  EXPECT_EQ(listen(zero, 2_s, 200_s), 1);
  EXPECT_EQ(listen(two, 30_s, 500_ms), std::nullopt) << "it hears rank 0";
}

TEST(Heartbeat, OfARankThatWasNeverHeardNothingIsConcluded) {
  Heartbeat zero, one;
  zero.begin(0, {zero.address(), one.address()});
  EXPECT_EQ(listen(zero, 100_ms, 500_ms), std::nullopt);
}

TEST(Heartbeat, SilenceCountsOnlyWhileSomebodyListens) {
  Heartbeat zero;
  auto one = std::make_unique<Heartbeat>();
  zero.begin(0, {zero.address(), one->address()});
  one->begin(1, {zero.address(), one->address()});
  while (zero.silent(1_s)) sleep_briefly();
  for (int i = 0; i < 50; ++i) sleep_briefly();
  one.reset();
  for (int i = 0; i < 150; ++i) sleep_briefly();
  EXPECT_EQ(zero.silent(1_s), std::nullopt) << "we did not listen meanwhile";
}

TEST(Heartbeat, AWatchInterruptsABusyMainThread) {
  Heartbeat zero;
  auto one = std::make_unique<Heartbeat>();
  zero.begin(0, {zero.address(), one->address()});
  one->begin(1, {zero.address(), one->address()});
  while (zero.silent(1_s)) sleep_briefly();
  zero.watch(1_s);
  for (int i = 0; i < 20; ++i) sleep_briefly();
  EXPECT_FALSE(interrupted());
  one.reset();
  for (const Deadline deadline(200_s); !interrupted() && !deadline.passed();) sleep_briefly();
  EXPECT_TRUE(interrupted());
  EXPECT_EQ(zero.end_watch(), 1);
  EXPECT_FALSE(interrupted());
  EXPECT_EQ(zero.end_watch(), std::nullopt);
}

}  // namespace
}  // namespace assay::network
