#include "probes/host/cycle_clock.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "probes/core/clock.hpp"

namespace assay {
namespace {

TEST(CycleClock, IsPlausibleAndCountsEachAddition) {
  const Hertz clock = measure_clock();
  EXPECT_GT(clock, Hertz(0.2e9));
  EXPECT_LT(clock, Hertz(12e9));
  // Eight times the additions take eight times as long; the fastest of many tries, as this machine
  // is shared.
  const auto fastest = [](std::uint64_t additions) {
    Seconds best(1);
    for (int i = 0; i < 50; ++i) {
      const Seconds start = now();
      additions_alone(additions);
      best = std::min(best, now() - start);
    }
    return best;
  };
  EXPECT_NEAR(fastest(8 * 32768) / fastest(32768), 8, 1);
}

}  // namespace
}  // namespace assay
