#include "probes/core/sampler.hpp"

#include <gtest/gtest.h>

#include "probes/core/interrupt.hpp"

namespace assay {
namespace {

/// A clock that only moves when a sample is taken.
struct FakeClock {
  Seconds wall{0};
  Seconds cpu{0};
  [[nodiscard]] SamplerClock clock() {
    return {[this] { return wall; }, [this] { return cpu; }};
  }
};

TEST(Sampler, StopsAtEnoughSamplesWhenTheSpreadIsWide) {
  FakeClock fake;
  int calls = 0;
  const auto measure = [&] {
    fake.wall += 1_ms;
    fake.cpu += 1_ms;
    return ++calls % 2 == 0 ? 1.0 : 2.0;
  };
  const Samples samples = sample({}, measure, fake.clock());
  EXPECT_EQ(samples.values.size(), 30u);
  EXPECT_EQ(samples.stop, StopReason::enough_samples);
  EXPECT_FALSE(samples.stable) << "values that alternate by a factor of two are not stable";
  EXPECT_EQ(samples.warmup_samples, 50);
}

TEST(Sampler, StopsEarlyWhenTheIntervalIsNarrow) {
  FakeClock fake;
  const auto measure = [&] {
    fake.wall += 1_ms;
    return 5.0;
  };
  const Samples samples = sample({}, measure, fake.clock());
  EXPECT_EQ(samples.stop, StopReason::narrow_interval);
  EXPECT_EQ(samples.values.size(), 6u) << "fewer than six samples have no 95 % interval";
  EXPECT_TRUE(samples.stable);
  EXPECT_EQ(samples.warmup_samples, 3);
}

TEST(Sampler, StopsAtTheTimeCapWithWhatItHas) {
  FakeClock fake;
  double value = 1;
  const auto measure = [&] {
    fake.wall += 400_ms;
    return value *= 1.5;
  };
  const Samples samples = sample({.time_cap = 1_s, .warmup_cap = 1_ms}, measure, fake.clock());
  EXPECT_EQ(samples.stop, StopReason::time_cap);
  EXPECT_EQ(samples.values.size(), 3u);
}

TEST(Sampler, AlwaysReturnsOneSampleAndKeepsEveryOne) {
  FakeClock fake;
  const auto measure = [&] {
    fake.wall += 10_s;
    return 3.0;
  };
  EXPECT_EQ(sample({.time_cap = 1_s}, measure, fake.clock()).values.size(), 1u);
}

TEST(Sampler, CpuWallRatioShowsStolenTime) {
  FakeClock fake;
  double value = 1;
  const auto measure = [&] {
    fake.wall += 10_ms;
    fake.cpu += 5_ms;
    return value = value > 1 ? 1 : 2;
  };
  EXPECT_NEAR(sample({}, measure, fake.clock()).cpu_wall_ratio, 0.5, 1e-9);
}

TEST(Sampler, InterruptEndsItWithWhatItHas) {
  FakeClock fake;
  int calls = 0;
  const auto measure = [&] {
    fake.wall += 1_ms;
    if (++calls == 60) set_interrupted(true);
    return calls % 2 == 0 ? 1.0 : 2.0;
  };
  const Samples samples = sample({}, measure, fake.clock());
  set_interrupted(false);
  EXPECT_EQ(samples.stop, StopReason::interrupted);
  EXPECT_EQ(samples.values.size(), 10u);
}

}  // namespace
}  // namespace assay
