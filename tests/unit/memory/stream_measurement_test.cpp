#include "probes/memory/stream_measurement.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "probes/memory/bandwidth_guards.hpp"
#include "tests/unit/memory/machines.hpp"

namespace assay::memory {
namespace {

StreamOptions short_stream_options() {
  StreamOptions options;
  options.sampling.min_samples = 5;
  options.sampling.time_cap = 30_ms;
  options.sampling.warmup_cap = 5_ms;
  options.sample_time = 500_us;
  return options;
}

std::vector<std::vector<const MappedBuffer*>> own_buffers(const TouchedBuffers& buffers) {
  std::vector<std::vector<const MappedBuffer*>> sets;
  for (const MappedBuffer& buffer : buffers.buffers()) sets.push_back({&buffer});
  return sets;
}

struct OneThread {
  explicit OneThread(Bytes set, Pages pages = Pages::huge)
      : set_size(set), pool({discover_machine().allowed_pus.front()}), buffers(pool, set, pages) {}
  Outcome<StreamResult> measure(StreamKernel kernel, const StreamOptions& options) {
    return measure_stream(pool, own_buffers(buffers), set_size, kernel, options);
  }
  Record row(StreamKernel kernel, const char* level, const StreamResult& result) const {
    Record row;
    row.metric = "rate";
    row.unit = "B/s";
    row.threads = 1;
    row.level = level;
    row.operation = name_of(kernel);
    return with_samples(row, result.samples);
  }
  Bytes set_size;
  PinnedPool pool;
  TouchedBuffers buffers;
};

TEST(StreamMeasurement, EveryKernelIsVerifiedInOneSliceAndInMany) {
  OneThread rig(1_MiB);
  for (Bytes slice : {48_MiB, 64_KiB})
    for (StreamOperation operation : all_stream_operations)
      for (Stores stores : {Stores::normal, Stores::prefetched, Stores::non_temporal}) {
        StreamOptions options = short_stream_options();
        options.slice = slice;
        const auto result = rig.measure({operation, stores}, options);
        ASSERT_TRUE(result) << result.reason();
        EXPECT_GT(result->samples.values.size(), 0u);
        EXPECT_GT(result->working_set, 0.9 * 1_MiB);
        EXPECT_LE(result->working_set, 1_MiB);
      }
}

TEST(StreamMeasurement, AWrongElementMakesThePointIncorrect) {
  OneThread rig(64_KiB);
  StreamOptions options = short_stream_options();
  for (StreamOperation operation : all_stream_operations) {
    options.disturb = [&](int) { rig.buffers.buffers()[0].doubles()[3] = 1e6; };
    const auto result = rig.measure({operation, Stores::normal}, options);
    EXPECT_EQ(result.status(), Status::incorrect) << name_of({operation, Stores::normal});
  }
}

TEST(StreamMeasurement, BuffersGoRoundRobinWithinTheirNode) {
  Machine machine = testing::machine_with(4, 4, 48_KiB, 1_MiB, 8_MiB, 1_GiB);
  machine.numa_nodes = {{0, 1_GiB, {0, 1}}, {1, 1_GiB, {2, 3}}};
  const int pu = discover_machine().allowed_pus.front();
  PinnedPool pool({pu, pu, pu, pu});
  const TouchedBuffers buffers(pool, 4_KiB, Pages::huge);
  const std::vector owners{0, 1, 2, 3};
  const auto one = deal_buffers(buffers, owners, {0}, machine);
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].size(), 2u);
  const auto all = deal_buffers(buffers, owners, owners, machine);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(all[i], std::vector<const MappedBuffer*>{&buffers.buffers()[i]});
}

// The planted faults that a guard must catch, measured for real.

TEST(BandwidthMutants, NonTemporalStoresInL1TripTheStoreRatio) {
  if (!has_non_temporal_stores()) GTEST_SKIP() << "this ISA has no non-temporal store";
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "instrumented kernels are as slow with either kind of store";
#endif
  OneThread rig(16_KiB);
  const StreamKernel normal{StreamOperation::triad, Stores::normal};
  const StreamKernel streaming{StreamOperation::triad, Stores::non_temporal};
  // Many short samples: the guard tells only medians apart whose intervals do not overlap, and on a
  // busy machine each time slice lost would widen them.
  StreamOptions options = short_stream_options();
  options.sampling.min_samples = 101;
  options.sampling.relative_interval = 0;
  options.sampling.time_cap = 300_ms;
  options.sample_time = 100_us;
  // On a crowded machine the intervals may still overlap: one of several tries must tell.
  bool tripped = false;
  for (int attempt = 0; attempt < 5 && !tripped; ++attempt) {
    const auto first = rig.measure(normal, options);
    const auto second = rig.measure(streaming, options);
    ASSERT_TRUE(first && second);
    std::vector<Record> rows{rig.row(normal, "L1", *first), rig.row(streaming, "L1", *second)};
    guard_store_ratio(rows);
    tripped = rows[1].status == Status::untrusted;
  }
  EXPECT_TRUE(tripped);
}

TEST(BandwidthMutants, BasePagesWhereHugeOnesAreWantedTripThePageGuard) {
  OneThread rig(8_MiB, Pages::small);
  const StreamKernel read{StreamOperation::read, Stores::normal};
  const auto result = rig.measure(read, short_stream_options());
  ASSERT_TRUE(result) << result.reason();
  const auto huge = rig.buffers.huge_page_fraction();
  if (!huge) GTEST_SKIP() << "/proc/self/smaps cannot be read here";
  EXPECT_EQ(guard_pages(rig.row(read, "DRAM", *result), huge, true).status, Status::untrusted);
}

TEST(BandwidthMutants, ASleepInTheTimedRegionTripsTheCpuTimeGuard) {
  OneThread rig(16_KiB);
  const StreamKernel read{StreamOperation::read, Stores::normal};
  StreamOptions options = short_stream_options();
  options.disturb = [](int) { std::this_thread::sleep_for(std::chrono::milliseconds(3)); };
  const auto result = rig.measure(read, options);
  ASSERT_TRUE(result) << result.reason();
  EXPECT_EQ(guard_cpu_time(rig.row(read, "L1", *result)).status, Status::untrusted);
}

}  // namespace
}  // namespace assay::memory
