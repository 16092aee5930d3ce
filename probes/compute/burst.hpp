#pragma once
/// @file
/// One sample of a compute roof: a burst of one kernel on a pool of pinned threads, between two
/// readings of the clock under the same load.
///
///   each thread:  clock (0.1 ms) | slice slice ... slice | clock (0.1 ms)
///                                ^ start                 ^ end
/// The rate is that of wall time, latest end - earliest start over the threads: what a user waits
/// for. The FLOP per cycle is the median over the slices (some 0.2 ms each), so that a timer
/// interrupt, which falls into few of them, does not hide what the pipes do. The clock of a thread
/// is the higher of its two readings, since a disturbance can only lower one. Verified outside the
/// timed region.

#include <cstdint>
#include <vector>

#include "probes/compute/flop_kernel.hpp"
#include "probes/core/units.hpp"
#include "probes/host/pinned_pool.hpp"

namespace assay::compute {

struct Burst {
  Flops work;              ///< Of all threads.
  Seconds wall;            ///< Latest end - earliest start.
  FlopsPerSecond rate;     ///< work / wall
  Hertz clock;             ///< Mean over the threads.
  double flops_per_cycle;  ///< Per accumulator lane; mean over the threads.
  double cpu_wall_ratio;   ///< CPU time over wall time, of all threads.
  bool verified;
};

/// Rounds of a kernel that take about `target` on the pool's first thread when nothing disturbs it.
[[nodiscard]] std::uint64_t rounds_for(PinnedPool& pool, const FlopKernel& kernel, Seconds target);

class BurstRunner {
 public:
  /// `rounds` of the whole burst of one thread; at least one is done.
  BurstRunner(PinnedPool& pool, const FlopKernel& kernel, std::uint64_t rounds, int slices);
  [[nodiscard]] Burst run();

 private:
  struct Thread {
    Thread(const FlopKernel& kernel, int slices)
        : state(kernel), slice_times(static_cast<std::size_t>(slices)) {}
    KernelState state;
    Seconds start, end, cpu;
    Hertz clock;
    std::vector<double> slice_times;  ///< s
  };
  void run_thread(Thread& thread) const;
  [[nodiscard]] double flops_per_cycle(const Thread& thread) const;

  PinnedPool& pool_;
  FlopKernel kernel_;
  std::uint64_t rounds_per_slice_;
  std::vector<Thread> threads_;
};

}  // namespace assay::compute
