/// @file
/// Star: rank 0 is a parameter server. It reduces all vectors in the order of the ranks and sends
/// the result to everybody. The baseline that shows why nobody does it: the server's port carries
/// everything. Steps: 2(p-1) alpha + 2(p-1) m beta + (p-1) m gamma.

#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/collectives/owners.hpp"

namespace assay::collectives {
namespace {

void star(network::Communicator& communicator, const AllReduceCall& call, Scratch& scratch) {
  reduce_at_owners(communicator, call, 1, scratch);
}

const bool star_registered = Registry<AllReduceAlgorithm>::add(
    {.about = {.kind = "algorithm",
               .name = "star",
               .summary = "All-reduce through one parameter server, rank 0.",
               .metrics = {},
               .verification = "exact integers, f64 error bound, equal hashes on all ranks"},
     .topology = "star",
     .cost = star_cost,
     .unsupported_reason = always_supported,
     .prepare = prepare_with(star),
     .scratch = [](const CollectiveShape& shape) { return owners_scratch(shape, 1); }});

}  // namespace
}  // namespace assay::collectives
