#pragma once
/// @file
/// Which bandwidth points a profile measures: pure, so that the plan can be tested on invented
/// machines.
///
///   quick      read and triad (in DRAM also with non-temporal stores), one core and all cores
///   standard   all five kernels, 1, 2, 4 ... cores of an LLC domain, each domain, all; in DRAM
///              also with prefetched stores, and in base pages
///   thorough   the same with longer sampling

#include <string>
#include <vector>

#include "probes/core/profile.hpp"
#include "probes/core/sampler.hpp"
#include "probes/host/topology.hpp"
#include "probes/memory/mapped_buffer.hpp"
#include "probes/memory/stream_kernels.hpp"

namespace assay::memory {

/// The threads that run together.
struct ThreadGroup {
  std::vector<int> pus;
  /// Empty for one core and for the whole node; else the domain they fill, e.g. "llc1".
  std::string placement;
};

/// PUs for a probe that keeps every core busy: one per core, no more than the CPU quota grants (at
/// least 1).
[[nodiscard]] std::vector<int> busy_pus(const Machine& machine);

/// The whole node first, so that the longest measurement comes early.
[[nodiscard]] std::vector<ThreadGroup> thread_groups(const Machine& machine, Profile profile);

/// Kernels for a cache level, or for DRAM: non-temporal stores go past the caches and prefetched
/// ones wait for lines from beyond them, so they belong to DRAM.
[[nodiscard]] std::vector<StreamKernel> kernels_for(bool dram, Profile profile);

[[nodiscard]] SampleOptions bandwidth_sampling(Profile profile);

}  // namespace assay::memory
