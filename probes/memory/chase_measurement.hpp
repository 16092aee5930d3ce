#pragma once
/// @file
/// Timed pointer chases: idle, and while other cores load the memory.
///
/// Inside the timer: only the loads of the chase. Outside: laying the ring, one read of the whole
/// set (so that what fits in a cache is there), and the verification: after any number of steps the
/// chase must stand on the line that the permutation names.

#include <functional>
#include <vector>

#include "probes/core/outcome.hpp"
#include "probes/core/sampler.hpp"
#include "probes/host/pinned_pool.hpp"
#include "probes/memory/chase.hpp"
#include "probes/memory/mapped_buffer.hpp"

namespace assay::memory {

struct ChaseOptions {
  SampleOptions sampling;
  Seconds sample_time = Seconds(0.5e-3);
  /// For tests of the guards: runs inside the timed region after the chase.
  std::function<void()> disturb;
};

/// Seconds per load, by the only thread of `pool`. `chase` was written; it lies over [base, base +
/// set).
[[nodiscard]] Outcome<Samples> measure_chase(PinnedPool& pool, const Chase& chase,
                                             const std::byte* base, Bytes set,
                                             const ChaseOptions& options);

struct LoadedPoint {
  Samples latency;                ///< s per load of the chaser.
  std::vector<double> bandwidth;  ///< B/s of all load threads, one for each latency sample.
};

/// Thread 0 of `pool` chases, every other thread reads its own buffer in blocks of 16 KiB and
/// pauses for `pause` after each. @pre buffers.size() == pool.size(); the ring lies in buffers[0]
[[nodiscard]] Outcome<LoadedPoint> measure_loaded_chase(PinnedPool& pool, const Chase& chase,
                                                        const MappedBuffer& memory, Seconds pause,
                                                        const ChaseOptions& options);

/// One-way time of a cache line between the two threads of `pool`: half a round trip.
[[nodiscard]] Outcome<Samples> measure_core_to_core(PinnedPool& pool, const SampleOptions& options);

}  // namespace assay::memory
