#pragma once
/// @file
/// One compute roof: the chain count that saturates the pipes, its samples, and what the guards
/// say.
///
/// A kernel family is one operation of one type on one instruction set, in several chain counts.
/// The sweep on one core finds the fastest count; the samples of that kernel, on any number of
/// cores, are the roof.

#include <string>
#include <vector>

#include "probes/compute/burst.hpp"
#include "probes/compute/physical_limit.hpp"
#include "probes/core/outcome.hpp"
#include "probes/core/sampler.hpp"

namespace assay::compute {

/// The kernels that differ only in their chains.
struct KernelFamily {
  Operation operation;
  std::string dtype, isa;
  bool native;
  std::vector<FlopKernel> kernels;
};
/// In the order of the first kernel of each.
[[nodiscard]] std::vector<KernelFamily> families(const std::vector<FlopKernel>& kernels);

struct ChainSweep {
  std::vector<ChainPoint> points;
  FlopKernel fastest;
  FlopsPerSecond rate;  ///< Of the fastest.
  bool verified = true;
};
/// Three bursts of each kernel; the best counts. @pre the pool has one thread
[[nodiscard]] ChainSweep sweep_chains(PinnedPool& pool, const KernelFamily& family, Seconds burst);

/// One value per kept burst in each vector, all of the same length.
struct Roof {
  FlopKernel kernel;
  std::vector<double> rates;            ///< FLOP/s
  std::vector<double> clocks;           ///< Hz
  std::vector<double> flops_per_cycle;  ///< Per accumulator lane.
  double cpu_wall_ratio = 1;            ///< Median over the bursts.
};

/// `incorrect` when a burst ends with wrong accumulators or above the physical limit; untrusted
/// when the sweep shows no plateau or the threads did not get their CPU time.
[[nodiscard]] Outcome<Roof> measure_roof(PinnedPool& pool, const ChainSweep& sweep, Seconds burst,
                                         const SampleOptions& options);

/// The part of measure_roof that judges. `verified`: of every burst.
[[nodiscard]] Outcome<Roof> judge(Roof roof, const ChainSweep& sweep, int threads, bool verified);

}  // namespace assay::compute
