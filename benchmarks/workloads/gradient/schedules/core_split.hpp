#pragma once
/// @file
/// Which cores of a host compute and which communicate, where some are kept for communication, as
/// MPI's progress threads and the workers of collective libraries have them.
///
/// Of n cores that r ranks share, min(r, n / 2) are kept, the last ones: from two cores per rank
/// on, each rank has one of each; with fewer the ranks share both kinds in turn, and the compute is
/// so much slower. A launcher's binding is obeyed: a rank bound to cores of its own splits those.
/// Not considered: which core is near the network adapter.

#include <vector>

#include "probes/core/outcome.hpp"
#include "probes/network/transport/communicator.hpp"

namespace assay::workloads {

/// PUs, by OS index.
struct CoreSplit {
  int compute;
  int communication;
};

/// The split of one rank. Pure; without a value, the same on all ranks, where any host has no core
/// to spare or the cores of a host are not known.
[[nodiscard]] Outcome<CoreSplit> split_cores(const std::vector<network::Place>& places, int rank);
/// Of this rank of a communicator.
[[nodiscard]] Outcome<CoreSplit> split_cores(const network::Communicator& communicator);

}  // namespace assay::workloads
