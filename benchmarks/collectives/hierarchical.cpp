/// @file
/// Hierarchical: reduce-scatter through shared memory inside each node, all-reduce of each slice
/// between the nodes over the fabric (recursive doubling for short slices, ring for long ones),
/// all-gather inside each node. Steps, n nodes x q: 2(q-1) a_i + 2((q-1)/q) m b_i + ((q-1)/q) m
/// gamma + T_ring(n, m/q; a_e, q b_e).

#include <algorithm>
#include <set>

#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/collectives/shared_lane.hpp"
#include "benchmarks/collectives/verification.hpp"
#include "probes/network/transport/shared_memory.hpp"

namespace assay::collectives {
namespace {

class Hierarchical final : public AllReduce {
 public:
  explicit Hierarchical(network::Communicator& communicator) {
    std::vector<std::vector<int>> nodes;
    for (int rank = 0; rank < communicator.size(); ++rank) {
      const auto node = static_cast<std::size_t>(communicator.place(rank).node);
      if (nodes.size() <= node) nodes.resize(node + 1);
      nodes[node].push_back(rank);
    }
    std::erase_if(nodes, [](const std::vector<int>& ranks) { return ranks.empty(); });
    // As many slices as the smallest node has ranks; further ranks of a node contribute but own
    // none.
    std::size_t fewest = nodes.front().size();
    for (const auto& ranks : nodes) fewest = std::min(fewest, ranks.size());
    owners_ = static_cast<int>(fewest);
    for (const auto& ranks : nodes)
      if (std::find(ranks.begin(), ranks.end(), communicator.rank()) != ranks.end())
        host_ = communicator.subset(ranks);
    for (std::size_t owner = 0; owner < fewest; ++owner) {
      std::vector<int> column;
      for (const auto& ranks : nodes) column.push_back(ranks[owner]);
      if (std::find(column.begin(), column.end(), communicator.rank()) != column.end())
        across_ = communicator.subset(column);
    }
    lane_ = SharedLane::create(*host_);
    if (across_) {
      short_ = find_all_reduce("recursive_doubling").prepare(*across_);
      long_ = find_all_reduce("ring").prepare(*across_);
    }
  }

  void run(const AllReduceCall& call) override {
    if (call.in.empty()) return;
    if (host_->size() == 1) return between_nodes(call, {0, call.in.size()});
    lane_->reduce_scatter(call, owners_);
    if (host_->rank() < owners_) {
      AllReduceCall slice = call;
      slice.in = call.out;
      between_nodes(slice, part(call.in.size(), call.element(), static_cast<std::size_t>(owners_),
                                static_cast<std::size_t>(host_->rank())));
    }
    lane_->all_gather(call.out, call.element(), owners_);
  }

 private:
  void between_nodes(const AllReduceCall& call, Part slice) {
    AllReduceCall mine = call;
    mine.in = cut(call.in, slice);
    mine.out = cut(call.out, slice);
    (hierarchy_uses_ring(bytes_of(slice.size)) ? long_ : short_)->run(mine);
  }

  int owners_ = 1;
  std::unique_ptr<network::Communicator> host_, across_;
  std::unique_ptr<SharedLane> lane_;
  std::unique_ptr<AllReduce> short_, long_;
};

std::string nodes_unsupported_reason(network::Communicator& communicator) {
  std::set<int> nodes;
  for (int rank = 0; rank < communicator.size(); ++rank)
    nodes.insert(communicator.place(rank).node);
  if (nodes.size() < 2) return "needs at least two nodes; these ranks are on one";
  const bool shares = communicator.shared_region(64) != nullptr;
  return agree(communicator, shares ? "" : "its host does not let processes share memory");
}

const bool hierarchical_registered = Registry<AllReduceAlgorithm>::add(
    {.about =
         {.kind = "algorithm",
          .name = "hierarchical",
          .summary =
              "All-reduce through shared memory inside nodes and over the fabric between them.",
          .metrics = {},
          .verification = "exact integers, f64 error bound, equal hashes on all ranks"},
     .topology = "hierarchical",
     .cost = [](const CollectiveShape& shape) { return all_reduce_cost("hierarchical", shape); },
     .unsupported_reason = nodes_unsupported_reason,
     .prepare = [](network::Communicator& communicator) -> std::unique_ptr<AllReduce> {
       return std::make_unique<Hierarchical>(communicator);
     },
     .scratch =
         [](const CollectiveShape& shape) {
           return 2_MiB + shape.bytes / std::max(1, shape.ranks / std::max(1, shape.nodes));
         },
     .shares_memory = true});

}  // namespace
}  // namespace assay::collectives
