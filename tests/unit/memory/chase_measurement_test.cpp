#include "probes/memory/chase_measurement.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "probes/host/topology.hpp"
#include "probes/memory/bandwidth_guards.hpp"
#include "probes/memory/latency_guards.hpp"

namespace assay::memory {
namespace {

ChaseOptions short_options() {
  ChaseOptions options;
  options.sampling.min_samples = 5;
  options.sampling.time_cap = 20_ms;
  options.sampling.warmup_cap = 2_ms;
  options.sample_time = 200_us;
  return options;
}

Record row(const char* level, double time) {
  Record row;
  row.metric = "time";
  row.unit = "s";
  row.operation = "random";
  row.level = level;
  row.median = time;
  row.min = row.ci_low = 0.99 * time;
  row.ci_high = 1.01 * time;
  return row;
}

struct Rig {
  PinnedPool pool{{discover_machine().allowed_pus.front()}};
  MappedBuffer buffer{1_MiB, Pages::huge};
  Chase chase{buffer.data(), 1_MiB, 64_B, ChaseOrder::random};
  Rig() { chase.write(pool); }
};

TEST(ChaseMeasurement, GivesATimeThatALoadCanTake) {
  Rig rig;
  const auto samples =
      measure_chase(rig.pool, rig.chase, rig.buffer.data(), 1_MiB, short_options());
  ASSERT_TRUE(samples) << samples.reason();
  for (double value : samples->values) {
    EXPECT_GT(value, least_load_time);
    EXPECT_LT(value, 1e-3);
  }
}

TEST(ChaseMeasurement, ABrokenRingIsIncorrect) {
  Rig rig;
  // The line that step 100 reaches now leads back to the start.
  *static_cast<void**>(rig.chase.at(100)) = rig.chase.at(0);
  const auto samples =
      measure_chase(rig.pool, rig.chase, rig.buffer.data(), 1_MiB, short_options());
  EXPECT_EQ(samples.status(), Status::incorrect);
}

TEST(ChaseMeasurement, ASleepInTheTimedRegionTripsTheCpuTimeGuard) {
  Rig rig;
  ChaseOptions options = short_options();
  options.disturb = [] { std::this_thread::sleep_for(std::chrono::milliseconds(2)); };
  const auto samples = measure_chase(rig.pool, rig.chase, rig.buffer.data(), 1_MiB, options);
  ASSERT_TRUE(samples) << samples.reason();
  EXPECT_EQ(guard_cpu_time(with_samples(row("L2", 0), samples.value())).status, Status::untrusted);
}

TEST(ChaseMeasurement, LoadAndLatencyAreMeasuredTogether) {
  const int pu = discover_machine().allowed_pus.back();
  PinnedPool pool({discover_machine().allowed_pus.front(), pu});
  const MappedBuffer buffer(2_MiB, Pages::huge);
  const Chase chase(buffer.data(), 1_MiB, 64_B, ChaseOrder::random);
  chase.write(pool);
  const auto point = measure_loaded_chase(pool, chase, buffer, 0_us, short_options());
  ASSERT_TRUE(point) << point.reason();
  EXPECT_EQ(point->bandwidth.size(), point->latency.values.size());
}

TEST(ChaseMeasurement, CoresExchangeEveryMessage) {
  const Machine machine = discover_machine();
  if (machine.one_pu_per_core.size() < 2) GTEST_SKIP() << "one core";
  PinnedPool pool({machine.one_pu_per_core[0], machine.one_pu_per_core[1]});
  const auto samples = measure_core_to_core(pool, short_options().sampling);
  ASSERT_TRUE(samples) << samples.reason();
  EXPECT_GT(samples->values.front(), 1e-9);
}

TEST(LatencyGuards, ALoadFasterThanAnyCoreIsNotBelieved) {
  EXPECT_EQ(guard_possible(row("L1", 1.2e-9)).status, Status::ok);
  EXPECT_EQ(guard_possible(row("L1", 0.2e-9)).status, Status::untrusted);
}

TEST(LatencyGuards, APrefetchedChaseBreaksTheOrderOfTheLevels) {
  // A sequential chase through DRAM takes 2 ns: less than L2.
  std::vector<Record> rows{row("L1", 1.4e-9), row("L2", 4.5e-9), row("DRAM", 2e-9), row("", 1e-9)};
  guard_order(rows);
  EXPECT_EQ(rows[0].status, Status::ok);
  EXPECT_EQ(rows[1].status, Status::ok);
  EXPECT_EQ(rows[2].status, Status::untrusted);
  EXPECT_EQ(rows[3].status, Status::ok);
}

}  // namespace
}  // namespace assay::memory
