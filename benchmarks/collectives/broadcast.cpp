/// @file
/// Broadcast from rank 0. Short vectors down a binomial tree; long ones are scattered down the tree
/// and gathered around a ring (van de Geijn), so that no port carries more than two vectors. Steps,
/// short: ceil(lg p)(alpha + m beta). Long: (ceil(lg p) + p-1) alpha + 2((p-1)/p) m beta.

#include <algorithm>
#include <vector>

#include "benchmarks/collectives/collective.hpp"
#include "benchmarks/collectives/verification.hpp"

namespace assay::collectives {
namespace {

constexpr network::Tag tree_tag = 0x0b00;
constexpr network::Tag ring_tag = 0x0b01;

/// Every rank gets the parts of the ranks below it in the tree, or everything.
void down_the_tree(network::Communicator& communicator, const CollectiveCall& call,
                   bool is_scatter) {
  const int rank = communicator.rank(), ranks = communicator.size();
  const auto of_subtree = [&](int root, int width) -> Part {
    if (!is_scatter) return {0, call.bytes};
    const Part first = call.part_of_rank(communicator, root);
    const Part last = call.part_of_rank(communicator, std::min(root + width, ranks) - 1);
    return {first.begin, last.begin + last.size - first.begin};
  };
  int width = 1;  // of this rank's subtree: its lowest set bit
  while (width < ranks && (rank & width) == 0) width *= 2;
  if (rank != 0) {
    const Part bytes = of_subtree(rank, width);
    if (bytes.size > 0) communicator.receive_now(rank - width, tree_tag, cut(call.out, bytes));
  }
  std::vector<network::Request> sends;
  for (width /= 2; width > 0; width /= 2) {
    if (rank + width >= ranks) continue;
    const Part bytes = of_subtree(rank + width, width);
    if (bytes.size > 0)
      sends.push_back(communicator.send(rank + width, tree_tag, cut(call.out, bytes)));
  }
  communicator.wait_all(sends);
}

void broadcast(network::Communicator& communicator, const CollectiveCall& call, Scratch&) {
  if (communicator.rank() == 0) copy_part(call.in, call.out);
  const bool is_scatter = broadcast_scatters(shape_of(communicator, bytes_of(call.bytes)));
  down_the_tree(communicator, call, is_scatter);
  if (is_scatter) ring_all_gather(communicator, call.out, call.element(), ring_tag);
}

void expected_of_broadcast(const network::Communicator&, const CollectiveCall& call, int iteration,
                           std::span<std::byte> out) {
  fill_exact(out, call.type, call.operation, 0, iteration);
}

const bool broadcast_registered =
    add_collective({.about = {.kind = "algorithm",
                              .name = "broadcast",
                              .summary = "Broadcast: every rank gets rank 0's vector.",
                              .metrics = {},
                              .verification = "exact integers, compared byte by byte"},
                    .topology = "tree",
                    .cost = broadcast_cost,
                    .sizes = [](const network::Communicator& communicator,
                                const CollectiveCall& call) -> CollectiveSizes {
                      return {communicator.rank() == 0 ? call.bytes : 0, call.bytes};
                    },
                    .run = broadcast,
                    .expected = expected_of_broadcast});

}  // namespace
}  // namespace assay::collectives
