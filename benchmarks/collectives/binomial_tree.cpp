/// @file
/// Binomial tree: reduced towards rank 0 along a binomial tree, broadcast back along the same.
/// Steps: ceil(lg p)(2 alpha + 2 m beta + m gamma).

#include <vector>

#include "benchmarks/collectives/all_reduce.hpp"

namespace assay::collectives {
namespace {

constexpr network::Tag up_tag = 0x0700;
constexpr network::Tag down_tag = 0x0701;

void binomial_tree(network::Communicator& communicator, const AllReduceCall& call,
                   Scratch& scratch) {
  const int rank = communicator.rank(), size = communicator.size();
  const std::span<std::byte> received = scratch.get(call.in.size());
  std::span<const std::byte> mine = call.in;
  int mask = 1;
  for (; mask < size && (rank & mask) == 0; mask *= 2) {
    const int child = rank | mask;
    if (child >= size) continue;
    communicator.receive_now(child, up_tag, received);
    combine_two(call, call.out, mine, received);
    mine = call.out;
  }
  if (rank != 0) {
    const int parent = rank & ~mask;
    communicator.send_now(parent, up_tag, mine);
    communicator.receive_now(parent, down_tag, call.out);
  }
  // The widest subtree first: it has the longest way to go.
  std::vector<network::Request> sends;
  for (mask /= 2; mask > 0; mask /= 2)
    if ((rank | mask) < size && (rank | mask) != rank)
      sends.push_back(communicator.send(rank | mask, down_tag, call.out));
  communicator.wait_all(sends);
}

const bool binomial_tree_registered = Registry<AllReduceAlgorithm>::add(
    {.about = {.kind = "algorithm",
               .name = "binomial_tree",
               .summary = "All-reduce as binomial reduce and broadcast.",
               .metrics = {},
               .verification = "exact integers, f64 error bound, equal hashes on all ranks"},
     .topology = "tree",
     .cost = binomial_tree_cost,
     .unsupported_reason = always_supported,
     .prepare = prepare_with(binomial_tree),
     .scratch = [](const CollectiveShape& shape) { return shape.bytes; }});

}  // namespace
}  // namespace assay::collectives
