#pragma once
/// @file
/// One bandwidth point: a kernel over a working set, by pinned threads that start together.
///
/// Inside the timer: the kernel on every thread, from the earliest start to the latest end, with
/// the fence that drains non-temporal stores. Outside: allocation, first touch, filling,
/// verification. A set in DRAM is walked in slices, one per sample and thread: every line is used
/// again only after the whole set has passed, yet a sample takes milliseconds. A set in a cache is
/// one slice, walked many times.

#include <functional>
#include <optional>
#include <vector>

#include "probes/core/outcome.hpp"
#include "probes/core/sampler.hpp"
#include "probes/host/pinned_pool.hpp"
#include "probes/host/topology.hpp"
#include "probes/memory/mapped_buffer.hpp"
#include "probes/memory/stream_kernels.hpp"

namespace assay::memory {

/// One buffer per thread of a pool, touched by it, so that its pages are near it.
class TouchedBuffers {
 public:
  TouchedBuffers(PinnedPool& owners, Bytes each, Pages pages);
  [[nodiscard]] const std::vector<MappedBuffer>& buffers() const { return buffers_; }
  /// Of all buffers together; nothing when unknown.
  [[nodiscard]] std::optional<double> huge_page_fraction() const;

 private:
  std::vector<MappedBuffer> buffers_;
};

struct StreamOptions {
  SampleOptions sampling;
  Seconds sample_time = Seconds(2e-3);  ///< Passes over a cached set are repeated up to this.
  Bytes slice =
      Bytes(48 * 1048576.0);  ///< Of all arrays of a thread; larger sets are walked in slices.
  /// For tests of the guards: runs inside the timed region after the kernel.
  std::function<void(int thread)> disturb;
};

struct StreamResult {
  Samples samples;    ///< STREAM bytes per second; the ratio is over the threads of the pool.
  Bytes working_set;  ///< Of all threads and arrays.
};

/// Thread i of `pool` walks `sets[i]`: the buffers (each at least 8 KiB) it streams over. Incorrect
/// when an array does not hold, or a sum does not give, what the kernel computes.
/// @pre one non-empty entry per thread
[[nodiscard]] Outcome<StreamResult> measure_stream(
    PinnedPool& pool, const std::vector<std::vector<const MappedBuffer*>>& sets,
    Bytes set_per_buffer, StreamKernel kernel, const StreamOptions& options);

/// Deals the buffers touched by threads on `owners` to threads on `pus`: to each its own, or round
/// robin where fewer threads run than buffers exist, and only within a NUMA node. A thread whose
/// node owns no buffer gets none (an empty entry).
[[nodiscard]] std::vector<std::vector<const MappedBuffer*>> deal_buffers(
    const TouchedBuffers& buffers, const std::vector<int>& owners, const std::vector<int>& pus,
    const Machine& machine);

}  // namespace assay::memory
