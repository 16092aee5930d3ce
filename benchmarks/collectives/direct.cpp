/// @file
/// Direct: every rank owns a p-th of the result, receives that part from all others at once,
/// reduces it in one pass in the order of the ranks, and sends it to all. Few bytes and two rounds,
/// but p-1 partners at once. Steps: 2(p-1) alpha + 2((p-1)/p) m beta + ((p-1)/p) m gamma, all
/// messages of a round in flight at once.

#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/collectives/owners.hpp"

namespace assay::collectives {
namespace {

void direct(network::Communicator& communicator, const AllReduceCall& call, Scratch& scratch) {
  reduce_at_owners(communicator, call, communicator.size(), scratch);
}

const bool direct_registered = Registry<AllReduceAlgorithm>::add(
    {.about = {.kind = "algorithm",
               .name = "direct",
               .summary =
                   "All-reduce as direct reduce-scatter and all-gather: each rank owns a part.",
               .metrics = {},
               .verification = "exact integers, f64 error bound, equal hashes on all ranks"},
     .topology = "direct",
     .cost = direct_cost,
     .unsupported_reason = always_supported,
     .prepare = prepare_with(direct),
     .scratch = [](const CollectiveShape& shape) { return shape.bytes; }});

}  // namespace
}  // namespace assay::collectives
