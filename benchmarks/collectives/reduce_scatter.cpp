/// @file
/// Reduce-scatter: every rank receives its part from all others at once and reduces in the order of
/// the ranks. Steps: (p-1) alpha + ((p-1)/p) m beta + ((p-1)/p) m gamma, all messages in flight at
/// once.

#include <vector>

#include "benchmarks/collectives/collective.hpp"
#include "benchmarks/collectives/verification.hpp"

namespace assay::collectives {
namespace {

constexpr network::Tag reduce_scatter_tag = 0x0900;

void reduce_scatter(network::Communicator& communicator, const CollectiveCall& call,
                    Scratch& scratch) {
  const int rank = communicator.rank(), ranks = communicator.size();
  const Part own = call.part_of_rank(communicator, rank);
  const std::span<std::byte> memory = scratch.get(own.size * static_cast<std::size_t>(ranks));
  const auto slot = [&](int from) {
    return memory.subspan(own.size * static_cast<std::size_t>(from), own.size);
  };
  std::vector<network::Request> receives, sends;
  std::vector<const std::byte*> sources;
  for (int from = 0; from < ranks; ++from) {
    sources.push_back(from == rank ? cut(call.in, own).data() : slot(from).data());
    if (from != rank && own.size > 0)
      receives.push_back(communicator.receive(from, reduce_scatter_tag, slot(from)));
  }
  for (int turn = 1; turn < ranks; ++turn) {
    const int to = (rank + turn) % ranks;
    const Part theirs = call.part_of_rank(communicator, to);
    if (theirs.size > 0)
      sends.push_back(communicator.send(to, reduce_scatter_tag, cut(call.in, theirs)));
  }
  communicator.wait_all(receives);
  if (own.size > 0) network::combine(call.operation, call.type, call.out, sources);
  communicator.wait_all(sends);
}

void expected_of_reduce_scatter(const network::Communicator& communicator,
                                const CollectiveCall& call, int iteration,
                                std::span<std::byte> out) {
  const Part own = call.part_of_rank(communicator, communicator.rank());
  std::vector<std::vector<std::byte>> inputs;
  std::vector<const std::byte*> sources;
  for (int rank = 0; rank < communicator.size(); ++rank) {
    fill_exact(inputs.emplace_back(call.bytes), call.type, call.operation, rank, iteration);
    sources.push_back(inputs.back().data() + own.begin);
  }
  network::combine(call.operation, call.type, out, sources);
}

const bool reduce_scatter_registered = add_collective(
    {.about = {.kind = "algorithm",
               .name = "reduce_scatter",
               .summary = "Reduce-scatter: each rank gets its part of the reduced vector.",
               .metrics = {},
               .verification = "exact integers, compared byte by byte"},
     .topology = "direct",
     .reduces = true,
     .cost = reduce_scatter_cost,
     .sizes = [](const network::Communicator& communicator,
                 const CollectiveCall& call) -> CollectiveSizes {
       return {call.bytes, call.part_of_rank(communicator, communicator.rank()).size};
     },
     .run = reduce_scatter,
     .expected = expected_of_reduce_scatter});

}  // namespace
}  // namespace assay::collectives
