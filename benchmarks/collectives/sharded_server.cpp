/// @file
/// Sharded parameter server: every second rank also serves a share of the vector.
/// Steps, S servers: max{2(p-1) alpha + 2(p-1)(m/S) beta + (p-1)(m/S) gamma, 2S alpha + 2m beta}.

#include <algorithm>

#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/collectives/owners.hpp"

namespace assay::collectives {
namespace {

int server_count(int ranks) {
  return std::max(1, ranks / 2);
}

void sharded_server(network::Communicator& communicator, const AllReduceCall& call,
                    Scratch& scratch) {
  reduce_at_owners(communicator, call, server_count(communicator.size()), scratch);
}

const bool sharded_server_registered = Registry<AllReduceAlgorithm>::add(
    {.about = {.kind = "algorithm",
               .name = "sharded_server",
               .summary =
                   "All-reduce through p/2 parameter servers, each with its share of the vector.",
               .metrics = {},
               .verification = "exact integers, f64 error bound, equal hashes on all ranks"},
     .topology = "star",
     .cost =
         [](CollectiveShape shape) {
           shape.servers = server_count(shape.ranks);
           return sharded_server_cost(shape);
         },
     .unsupported_reason = always_supported,
     .prepare = prepare_with(sharded_server),
     .scratch =
         [](const CollectiveShape& shape) {
           return owners_scratch(shape, server_count(shape.ranks));
         }});

}  // namespace
}  // namespace assay::collectives
