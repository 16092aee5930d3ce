#pragma once
/// @file
/// Who meets whom in network.pairs. Pure.

#include <cstdint>
#include <utility>
#include <vector>

namespace assay::network {

/// Sender and receiver, by index of the node.
using NodePair = std::pair<int, int>;
/// Pairs that talk at the same time; none shares a node.
using Round = std::vector<NodePair>;

/// Every unordered pair once, in n - 1 rounds (n odd: n, with a node that sits out): the circle
/// method. Node 0 stays, the others rotate.
[[nodiscard]] std::vector<Round> circle_rounds(int nodes);

/// One random halving: each node of one half with one of the other; n odd: one sits out.
[[nodiscard]] Round random_halving(int nodes, std::uint64_t seed);

/// The pairs measured one at a time: all when there are at most 16 nodes, else those of 4 rounds
/// spread over the circle, so that every node still has 4 partners.
[[nodiscard]] std::vector<NodePair> isolated_pairs(int nodes);

}  // namespace assay::network
