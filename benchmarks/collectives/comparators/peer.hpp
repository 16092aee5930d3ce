#pragma once
/// @file
/// What the comparator programs share: arguments, buffers, verification, timing and rows.
/// Everything but the all-reduce itself is our own code, so that the numbers differ in nothing
/// else.

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "probes/core/units.hpp"
#include "probes/network/transport/communicator.hpp"

namespace assay::comparators {

struct PeerOptions {
  std::filesystem::path directory;  ///< A run directory, appended to.
  std::string provider;  ///< The lane, as it stands in the rows: "net", "shared memory", ...
  std::vector<Bytes> sizes;
  Seconds per_point{0.2};
  std::string launch;
};

/// DIRECTORY PROVIDER SIZES SECONDS LAUNCH, e.g. "out net 8B,4MiB 0.2s 1". Throws UsageError.
[[nodiscard]] PeerOptions parse_peer_options(int argc, char** argv);

/// The allowed PU for a rank, one per core in turn, as our own ranks get them.
[[nodiscard]] int core_of(int local_rank);
/// Binds to core_of(). Throws RunError.
void pin_rank(int local_rank);

/// out = sum over the ranks of in.
using FloatAllReduce = std::function<void(std::span<const float> in, std::span<float> out)>;

/// Collective. Rank 0 appends a verified `time` row per size.
void measure_peer(network::Communicator& communicator, const std::string& name,
                  const PeerOptions& options, const FloatAllReduce& all_reduce);

}  // namespace assay::comparators
