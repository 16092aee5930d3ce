#include "probes/memory/chase_measurement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "probes/core/clock.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/memory/stream_kernels.hpp"

namespace assay::memory {
namespace {

constexpr std::size_t load_block = 16 * 1024;

// Brings into the caches what they hold of the set.
void read_all(const std::byte* base, Bytes set) {
  const std::size_t elements = to_size(set) / sizeof(double) / stream_granule * stream_granule;
  if (elements == 0) return;
  auto* doubles = const_cast<double*>(reinterpret_cast<const double*>(base));
  run_stream_kernel({StreamOperation::read, Stores::normal}, {doubles, nullptr, nullptr, elements},
                    0, 2);
}

class Chaser {
 public:
  explicit Chaser(const Chase& chase) : chase_(chase), here_(chase.at(0)) {}

  void follow(std::uint64_t steps) {
    here_ = run_chase(here_, steps);
    steps_ += steps;
  }
  // Empty when it stands where it must.
  [[nodiscard]] std::string fault() const {
    if (here_ == chase_.at(steps_)) return {};
    return fmt::format("after {} steps the chase stands on another line than the ring names",
                       steps_);
  }

 private:
  const Chase& chase_;
  void* here_;
  std::uint64_t steps_ = 0;
};

// Enough steps to last `wanted`, from doubling.
std::uint64_t choose_steps(Seconds wanted, const std::function<Seconds(std::uint64_t)>& timed) {
  std::uint64_t steps = 64;
  while (steps < (std::uint64_t{1} << 32) && !interrupted()) {
    const Seconds wall = timed(steps);
    if (wall > 0.2 * wanted) {
      const double exact = static_cast<double>(steps) * (wanted / wall);
      return std::max<std::uint64_t>(8, static_cast<std::uint64_t>(exact) / 8 * 8);
    }
    steps *= 2;
  }
  return steps;
}

double ratio(Seconds cpu, Seconds wall) {
  return wall > Seconds() ? cpu / wall : 1;
}

void spin_for(Seconds pause) {
  for (const Seconds start = now(); now() - start < pause;) {
  }
}

}  // namespace

Outcome<Samples> measure_chase(PinnedPool& pool, const Chase& chase, const std::byte* base,
                               Bytes set, const ChaseOptions& options) {
  Chaser chaser(chase);
  Seconds cpu, wall;
  const auto timed = [&](std::uint64_t steps, const std::function<void()>& disturb) {
    const auto region = pool.run([&](int) {
      chaser.follow(steps);
      if (disturb) disturb();
    });
    cpu += region.thread_cpu[0];
    wall += region.thread_wall[0];
    return region.wall;
  };
  pool.run([&](int) { read_all(base, set); });
  const std::uint64_t steps =
      choose_steps(options.sample_time, [&](std::uint64_t n) { return timed(n, {}); });
  cpu = wall = Seconds();
  Samples samples = sample(options.sampling, [&] {
    return timed(steps, options.disturb).value() / static_cast<double>(steps);
  });
  samples.cpu_wall_ratio = ratio(cpu, wall);
  if (const std::string fault = chaser.fault(); !fault.empty()) return incorrect(fault);
  return samples;
}

Outcome<LoadedPoint> measure_loaded_chase(PinnedPool& pool, const Chase& chase,
                                          const MappedBuffer& memory, Seconds pause,
                                          const ChaseOptions& options) {
  Chaser chaser(chase);
  LoadedPoint point;
  const auto parts = static_cast<std::size_t>(pool.size());
  const std::size_t part_blocks = to_size(memory.size()) / parts / load_block;
  std::vector<std::size_t> cursor(parts, 0);
  std::vector<Bytes> loaded(parts);
  Seconds cpu, wall;
  const auto timed = [&](std::uint64_t steps) {
    std::atomic<bool> done{false};
    Seconds chase_time;
    const auto load = [&](std::size_t thread) {
      loaded[thread] = Bytes();
      while (!done.load(std::memory_order_relaxed)) {
        double* block = memory.doubles() +
                        (thread * part_blocks + cursor[thread]) * load_block / sizeof(double);
        run_stream_kernel({StreamOperation::read, Stores::normal},
                          {block, nullptr, nullptr, load_block / sizeof(double)}, 0, 1);
        loaded[thread] += bytes_of(load_block);
        cursor[thread] = (cursor[thread] + 1) % part_blocks;
        if (pause > Seconds()) spin_for(pause);
      }
    };
    const auto region = pool.run([&](int thread) {
      if (thread > 0) return load(static_cast<std::size_t>(thread));
      const Seconds start = now();
      chaser.follow(steps);
      chase_time = now() - start;
      done.store(true, std::memory_order_relaxed);
    });
    Bytes total;
    for (std::size_t i = 1; i < parts; ++i) total += loaded[i];
    point.bandwidth.push_back((total / region.wall).value());
    cpu += region.thread_cpu[0];
    wall += region.thread_wall[0];
    return chase_time;
  };
  const std::uint64_t steps = choose_steps(options.sample_time, timed);
  cpu = wall = Seconds();
  point.latency =
      sample(options.sampling, [&] { return timed(steps).value() / static_cast<double>(steps); });
  // The bandwidths of the calibration and the warm-up came first.
  point.bandwidth.erase(
      point.bandwidth.begin(),
      point.bandwidth.end() - static_cast<std::ptrdiff_t>(point.latency.values.size()));
  point.latency.cpu_wall_ratio = ratio(cpu, wall);
  if (const std::string fault = chaser.fault(); !fault.empty()) return incorrect(fault);
  return point;
}

Outcome<Samples> measure_core_to_core(PinnedPool& pool, const SampleOptions& options) {
  constexpr std::uint64_t rounds = 500;
  struct alignas(128) Line {
    std::atomic<std::uint64_t> value{0};
  };
  Line line;
  std::uint64_t base = 0;
  Seconds cpu, wall;
  // Values only grow: an odd one is ours to answer, an even one theirs.
  const auto wait_for = [&](std::uint64_t value) {
    for (int spins = 0; line.value.load(std::memory_order_acquire) != value; ++spins)
      if (spins > 1000000) std::this_thread::yield();
  };
  Samples samples = sample(options, [&] {
    const auto region = pool.run([&](int thread) {
      for (std::uint64_t round = 0; round < rounds; ++round) {
        const std::uint64_t ping = base + 2 * round + 1;
        if (thread == 0) {
          line.value.store(ping, std::memory_order_release);
          wait_for(ping + 1);
        } else {
          wait_for(ping);
          line.value.store(ping + 1, std::memory_order_release);
        }
      }
    });
    base += 2 * rounds;
    for (Seconds t : region.thread_cpu) cpu += t;
    for (Seconds t : region.thread_wall) wall += t;
    return region.wall.value() / static_cast<double>(2 * rounds);
  });
  samples.cpu_wall_ratio = ratio(cpu, wall);
  if (line.value.load() != base)
    return incorrect(
        fmt::format("{} exchanges were counted instead of {}", line.value.load(), base));
  return samples;
}

}  // namespace assay::memory
