#include "probes/compute/burst.hpp"

#include <algorithm>
#include <cmath>

#include "probes/core/clock.hpp"
#include "probes/core/statistics.hpp"

namespace assay::compute {

std::uint64_t rounds_for(PinnedPool& pool, const FlopKernel& kernel, Seconds target) {
  // The fastest of three tries counts: disturbances only lengthen, and would make the bursts short.
  const auto time_of = [&](std::uint64_t rounds) {
    Seconds best(1e9);
    pool.run([&](int thread) {
      if (thread != 0) return;
      KernelState state(kernel);
      for (int i = 0; i < 3; ++i) {
        const Seconds start = now();
        kernel.run(state.starts(), state.finals(), rounds);
        best = std::min(best, now() - start);
      }
    });
    return best;
  };
  const Seconds long_enough = std::min(target, Seconds(100e-6));
  std::uint64_t rounds = 64;
  Seconds time = time_of(rounds);
  while (time < long_enough) {
    rounds *= 8;
    time = time_of(rounds);
  }
  const double wanted = static_cast<double>(rounds) * (target / time);
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(wanted)));
}

BurstRunner::BurstRunner(PinnedPool& pool, const FlopKernel& kernel, std::uint64_t rounds,
                         int slices)
    : pool_(pool),
      kernel_(kernel),
      rounds_per_slice_(std::max<std::uint64_t>(1, rounds / static_cast<std::uint64_t>(slices))),
      threads_(static_cast<std::size_t>(pool.size()), Thread(kernel, slices)) {}

void BurstRunner::run_thread(Thread& thread) const {
  const Hertz before = measure_clock(kernel_.clock_chain);
  const Seconds cpu_start = thread_cpu_time();
  thread.start = thread.end = now();
  // Each slice goes on from the values of the one before, so that a fault in any of them shows at
  // the end.
  const void* values = thread.state.starts();
  for (double& time : thread.slice_times) {
    kernel_.run(values, thread.state.finals(), rounds_per_slice_);
    values = thread.state.finals();
    const Seconds end = now();
    time = (end - thread.end).value();
    thread.end = end;
  }
  thread.cpu = thread_cpu_time() - cpu_start;
  thread.clock = std::max(before, measure_clock(kernel_.clock_chain));
}

double BurstRunner::flops_per_cycle(const Thread& thread) const {
  const double flops = kernel_.flops_per_round.value() * static_cast<double>(rounds_per_slice_);
  const double cycles = thread.clock.value() * median(thread.slice_times);
  return flops / (cycles * static_cast<double>(kernel_.lanes));
}

Burst BurstRunner::run() {
  pool_.run([&](int thread) { run_thread(threads_[static_cast<std::size_t>(thread)]); });
  Seconds first = threads_[0].start, last = threads_[0].end, busy, cpu;
  Burst burst{.work = {},
              .wall = {},
              .rate = {},
              .clock = {},
              .flops_per_cycle = 0,
              .cpu_wall_ratio = 1,
              .verified = true};
  const auto count = static_cast<double>(threads_.size());
  for (const Thread& thread : threads_) {
    first = std::min(first, thread.start);
    last = std::max(last, thread.end);
    busy += thread.end - thread.start;
    cpu += thread.cpu;
    burst.clock += thread.clock / count;
    burst.flops_per_cycle += flops_per_cycle(thread) / count;
    burst.verified = burst.verified && thread.state.verified();
  }
  const double rounds = static_cast<double>(rounds_per_slice_) *
                        static_cast<double>(threads_[0].slice_times.size()) * count;
  burst.work = kernel_.flops_per_round * rounds;
  burst.wall = last - first;
  burst.rate = burst.work / burst.wall;
  burst.cpu_wall_ratio = cpu / busy;
  return burst;
}

}  // namespace assay::compute
