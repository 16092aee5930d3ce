/// @file
/// Recursive doubling: in round i every rank exchanges its whole vector with the rank whose number
/// differs in bit i. Fewest rounds, most bytes: for short vectors. Steps: l = floor(lg p) rounds of
/// m bytes; + 2 of m where p is not a power of two (folding).

#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/collectives/folding.hpp"

namespace assay::collectives {
namespace {

constexpr network::Tag tag = 0x0200;

void recursive_doubling(network::Communicator& communicator, const AllReduceCall& call,
                        Scratch& scratch) {
  const std::span<std::byte> received = scratch.get(call.in.size());
  const Folding folding(communicator.rank(), communicator.size());
  std::span<const std::byte> mine = folding.reduce(communicator, call, received);
  if (folding.takes_part()) {
    for (int mask = 1; mask < folding.ranks(); mask *= 2) {
      const int partner = folding.real_rank(folding.virtual_rank() ^ mask);
      communicator.exchange(partner, mine, partner, received, tag);
      // In the order of the ranks on both sides, so that both compute the same bits.
      const bool is_lower = (folding.virtual_rank() & mask) == 0;
      combine_two(call, call.out, is_lower ? mine : received, is_lower ? received : mine);
      mine = call.out;
    }
  }
  folding.return_result(communicator, call);
}

const bool registered = Registry<AllReduceAlgorithm>::add(
    {.about = {.kind = "algorithm",
               .name = "recursive_doubling",
               .summary = "All-reduce in lg p exchanges of the whole vector: for short vectors.",
               .metrics = {},
               .verification = "exact integers, f64 error bound, equal hashes on all ranks"},
     .topology = "hypercube",
     .cost = recursive_doubling_cost,
     .obstacle = no_obstacle,
     .prepare = prepare_with(recursive_doubling),
     .scratch = [](const CollectiveShape& shape) { return shape.bytes; }});

}  // namespace
}  // namespace assay::collectives
