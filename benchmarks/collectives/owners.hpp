#pragma once
/// @file
/// What star, sharded servers and direct all-reduce have in common: the vector is cut into one part
/// per owner; everybody sends each owner its part, the owner reduces in the order of the ranks and
/// sends the result back.

#include "benchmarks/collectives/all_reduce.hpp"

namespace assay::collectives {

/// The owners are ranks 0, p/owners, 2p/owners, ... @pre 1 <= owners <= ranks
void reduce_at_owners(network::Communicator& communicator, const AllReduceCall& call, int owners,
                      Scratch& scratch);
[[nodiscard]] Bytes owners_scratch(const CollectiveShape& shape, int owners);
/// Rank of an owner: spread out, so that servers sit on different nodes where they can.
[[nodiscard]] int owner_rank(int owner, int owners, int ranks);

}  // namespace assay::collectives
