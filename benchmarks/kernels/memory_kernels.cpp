// The kernels of memory.bandwidth as a Google Benchmark program: B/s (STREAM bytes), and percent of
// the read bandwidth of the same level and cores.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "benchmarks/kernels/kernel_program.hpp"
#include "probes/memory/mapped_buffer.hpp"
#include "probes/memory/stream_kernels.hpp"
#include "probes/memory/stream_measurement.hpp"
#include "probes/memory/working_set.hpp"

namespace {

using namespace assay;
using namespace assay::memory;

constexpr Seconds sample_time = 1_ms;
// A region ends with its slowest thread: where every pass over DRAM waits for that, each moment
// that another program takes a core, or the memory serves another core first, counts for all.
// Likwid-bench too waits only at the end, of a second or two: against it, regions of 250 ms gave
// 0.84 of its triad, regions of a second 1.03.
constexpr Seconds dram_sample_time = 250_ms, all_cores_dram_sample_time = 1_s;
constexpr int roof_samples = 10;
constexpr double scalar = 3.0;
// As in memory.bandwidth: arrays that start at equal offsets in a page alias.
constexpr std::size_t stagger = 5 * 64 / sizeof(double);

/// Where the data live, and how large the set of each thread is.
struct Level {
  std::string name;
  Bytes set_per_thread;
};

std::vector<Level> levels(const std::vector<int>& pus) {
  const Machine& machine = kernels::machine();
  std::vector<Level> list;
  for (const int level : cache_levels(machine))
    if (const auto set = cache_set_per_thread(machine, level, pus); set.has_value())
      list.push_back({level_name(level), *set});
  if (const auto set = dram_set_per_thread(machine, pus); set.has_value())
    list.push_back({"DRAM", *set});
  return list;
}

/// The arrays of every thread of a pool, first touched by it.
class Streams {
 public:
  Streams(const std::vector<int>& pus, const Level& level, StreamKernel kernel)
      : pool_(pus), kernel_(kernel), buffers_(pool_, level.set_per_thread, Pages::huge) {
    const auto arrays = static_cast<std::size_t>(array_count(kernel.operation));
    const std::size_t elements =
        to_size(level.set_per_thread) / sizeof(double) / arrays / stream_granule * stream_granule;
    for (const MappedBuffer& buffer : buffers_.buffers()) {
      double* a = buffer.doubles();
      sets_.push_back({a, arrays > 1 ? a + (elements + stagger) : nullptr,
                       arrays > 2 ? a + 2 * (elements + stagger) : nullptr, elements});
    }
    calibrate(level.name != "DRAM" ? sample_time
              : pus.size() > 1     ? all_cores_dram_sample_time
                                   : dram_sample_time);
  }
  Seconds run() {
    return pool_
        .run([&](int thread) {
          const std::uint64_t sum =
              run_stream_kernel(kernel_, sets_[static_cast<std::size_t>(thread)], scalar, passes_);
          benchmark::DoNotOptimize(sum);
        })
        .wall;
  }
  /// STREAM bytes of one run of all threads.
  [[nodiscard]] double bytes() const {
    return stream_bytes(kernel_).value() *
           static_cast<double>(sets_.front().elements * passes_ * sets_.size());
  }

 private:
  /// The fastest of three counts: the first pass of a cached set still fills the cache.
  void calibrate(Seconds wanted_time) {
    Seconds time;
    for (passes_ = 1; passes_ < (1U << 24); passes_ *= 4) {
      time = std::min({run(), run(), run()});
      if (time >= std::min(wanted_time, sample_time) / 4) break;
    }
    const double wanted = static_cast<double>(passes_) * (wanted_time / time);
    passes_ = std::max<std::size_t>(1, static_cast<std::size_t>(wanted));
  }

  PinnedPool pool_;
  StreamKernel kernel_;
  TouchedBuffers buffers_;
  std::vector<StreamArrays> sets_;
  std::size_t passes_ = 1;
};

/// The best read bandwidth of a level, measured once.
double read_roof(const std::vector<int>& pus, const Level& level) {
  static std::map<std::pair<std::size_t, std::string>, double> roofs;
  double& roof = roofs[{pus.size(), level.name}];
  if (roof > 0) return roof;
  Streams streams(pus, level, {StreamOperation::read, Stores::normal});
  for (int i = 0; i < (level.name == "DRAM" ? 2 : roof_samples); ++i)
    roof = std::max(roof, streams.bytes() / streams.run().value());
  return roof;
}

void run_stream(benchmark::State& state, const std::vector<int>& pus, const Level& level,
                StreamKernel kernel) {
  const double roof = read_roof(pus, level);
  Streams streams(pus, level, kernel);
  Seconds total;
  for ([[maybe_unused]] auto _ : state) {
    const Seconds time = streams.run();
    state.SetIterationTime(time.value());
    total += time;
  }
  kernels::count_rate(state, "B/s", streams.bytes());
  kernels::count_percent_of_roof(state, streams.bytes(), roof, total);
  state.SetLabel(
      fmt::format("{} per thread, {}", format_bytes(level.set_per_thread), stream_isa()));
}

void add_level(const std::vector<int>& pus, const Level& level) {
  for (const StreamOperation operation : all_stream_operations)
    for (const Stores stores : {Stores::normal, Stores::prefetched, Stores::non_temporal}) {
      const bool reads_what_it_stores =
          operation == StreamOperation::read || operation == StreamOperation::update;
      // The others go past the caches or wait for them: below DRAM they measure something else.
      if (stores != Stores::normal && (reads_what_it_stores || level.name != "DRAM")) continue;
      const StreamKernel kernel{operation, stores};
      benchmark::RegisterBenchmark(
          fmt::format("{}/{}/threads:{}", name_of(kernel), level.name, pus.size()).c_str(),
          [pus, level, kernel](benchmark::State& state) { run_stream(state, pus, level, kernel); })
          ->UseManualTime();
    }
}

void add() {
  for (const std::vector<int>& pus : kernels::thread_sets())
    for (const Level& level : levels(pus)) add_level(pus, level);
}

}  // namespace

int main(int argc, char** argv) {
  return assay::kernels::run_program(argc, argv, add);
}
