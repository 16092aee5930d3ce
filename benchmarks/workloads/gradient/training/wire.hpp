#pragma once
/// @file
/// What messages and reductions cost the ranks of a training, all of them busy: the inputs of the
/// step model.
///
///   t(m) = alpha + m beta between two ranks while all send, gamma per reduced byte
///
/// Method: every rank sends to its right neighbour and receives from its left, messages of 64 KiB
/// to 1 MiB in turn, sweep after sweep; a message's time is that of the slowest rank. Each sweep
/// gives a slope by least squares, beta is their median with its rank-based interval. A slope that
/// cannot be told from zero, or that is faster than a core copies cached memory, gives no
/// bandwidth. Not measured: protocols that change beyond 1 MiB, traffic of others.

#include <span>
#include <vector>

#include "benchmarks/collectives/all_reduce.hpp"
#include "probes/core/outcome.hpp"
#include "probes/core/statistics.hpp"

namespace assay::workloads {

struct WireCosts {
  Seconds alpha{0};
  SecondsPerByte beta{0};
  SecondsPerByte gamma{0};
  double overlap = 1;  ///< Share of a transfer that hides behind compute, 0 or 1.
  /// 1 / beta; without a value, beta means nothing.
  Outcome<Estimate<BytesPerSecond>> bandwidth = unsupported("one rank has no wire");
};

/// Pure. `sweeps`: of each sweep the seconds by size. @pre two sizes, one sweep, equal lengths
[[nodiscard]] Outcome<Estimate<BytesPerSecond>> fit_bandwidth(
    std::span<const Bytes> sizes, std::span<const std::vector<double>> sweeps,
    BytesPerSecond fastest_copy);

/// Collective. Of the lane that the all-reduce algorithm uses: the fabric, or shared memory.
[[nodiscard]] WireCosts measure_wire(network::Communicator& communicator,
                                     const std::string& algorithm, Seconds budget);

}  // namespace assay::workloads
