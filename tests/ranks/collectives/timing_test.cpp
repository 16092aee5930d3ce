#include "benchmarks/collectives/timing.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "probes/core/statistics.hpp"
#include "probes/network/transport/threads.hpp"

namespace assay::collectives {
namespace {

using network::Communicator;
using network::run_as_threads;

/// The ruler: a call that sleeps for a known time on one rank lasts that long for all.
TEST(Timing, ACallLastsUntilItsSlowestRankIsDone) {
  run_as_threads(3, [](Communicator& communicator) {
    const TimingOptions options{
        .budget = Seconds(0.1), .min_calls = 7, .max_calls = 20, .warmup = 1};
    const CallTimes times = time_calls(communicator, options, [&] {
      if (communicator.rank() == 1) std::this_thread::sleep_for(std::chrono::milliseconds(3));
    });
    ASSERT_GE(times.global.size(), 1u);
    EXPECT_EQ(times.global.size(), times.own.size());
    EXPECT_GE(*std::min_element(times.global.begin(), times.global.end()), 0.003);
    // Rank 0 is done long before.
    if (communicator.rank() == 0) {
      EXPECT_LT(*std::min_element(times.own.begin(), times.own.end()), 0.003);
    }
    EXPECT_EQ(times.clock_bound, Seconds(0));  // one host: one clock
    const std::vector<double> medians = communicator.gather_all(median(times.global));
    for (const double other : medians) EXPECT_EQ(other, medians.front());
  });
}

TEST(Timing, ClocksOfDifferentHostsAreComparedWithinTheirBound) {
  run_as_threads(
      2,
      [](Communicator& communicator) {
        const CommonClock clock = CommonClock::synchronise(communicator, 20);
        EXPECT_GT(clock.bound(), Seconds(0));
        // The pretended hosts share a real clock, so the true offset is 0 and must lie within the
        // bound.
        const double difference = clock.now().value() - now().value();
        EXPECT_LE(std::abs(difference), clock.bound().value() + 1e-3);
      },
      2);
}

TEST(Timing, StragglersThatCoincideAreFewerThanIndependentOnes) {
  run_as_threads(4, [](Communicator& communicator) {
    CallTimes times;
    // Every tenth call is slow on all ranks at once.
    for (int call = 0; call < 100; ++call)
      times.own.push_back(call % 10 == 0 ? 2.0 : 1.0 + call * 1e-6);
    const Stragglers coinciding = straggler_amplification(communicator, times);
    EXPECT_NEAR(coinciding.measured, 0.1, 1e-9);
    EXPECT_NEAR(coinciding.expected, 1 - std::pow(0.9, 4), 1e-9);
    // Each rank slow in its own tenth.
    times.own.clear();
    for (int call = 0; call < 100; ++call)
      times.own.push_back(call % 10 == communicator.rank() ? 2.0 : 1.0 + call * 1e-6);
    EXPECT_NEAR(straggler_amplification(communicator, times).measured, 0.4, 1e-9);
  });
}

}  // namespace
}  // namespace assay::collectives
