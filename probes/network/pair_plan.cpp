#include "probes/network/pair_plan.hpp"

#include <algorithm>
#include <numeric>
#include <random>

namespace assay::network {

std::vector<Round> circle_rounds(int nodes) {
  std::vector<Round> rounds;
  if (nodes < 2) return rounds;
  const int seats = nodes + nodes % 2;  // Odd: the last seat is empty.
  std::vector<int> circle(static_cast<std::size_t>(seats));
  std::iota(circle.begin(), circle.end(), 0);
  for (int round = 0; round + 1 < seats; ++round) {
    Round pairs;
    for (int i = 0; i < seats / 2; ++i) {
      const int a = circle[static_cast<std::size_t>(i)];
      const int b = circle[static_cast<std::size_t>(seats - 1 - i)];
      if (a < nodes && b < nodes) pairs.emplace_back(std::min(a, b), std::max(a, b));
    }
    rounds.push_back(std::move(pairs));
    std::rotate(circle.begin() + 1, circle.end() - 1, circle.end());
  }
  return rounds;
}

Round random_halving(int nodes, std::uint64_t seed) {
  std::vector<int> order(static_cast<std::size_t>(nodes));
  std::iota(order.begin(), order.end(), 0);
  std::mt19937_64 random(seed);
  std::shuffle(order.begin(), order.end(), random);
  Round pairs;
  for (std::size_t i = 0; i + 1 < order.size(); i += 2) pairs.emplace_back(order[i], order[i + 1]);
  return pairs;
}

std::vector<NodePair> isolated_pairs(int nodes) {
  const std::vector<Round> rounds = circle_rounds(nodes);
  const std::size_t step = nodes <= 16 ? 1 : rounds.size() / 4;
  std::vector<NodePair> pairs;
  for (std::size_t round = 0; round < rounds.size() && (nodes <= 16 || round < 4 * step);
       round += step)
    pairs.insert(pairs.end(), rounds[round].begin(), rounds[round].end());
  return pairs;
}

}  // namespace assay::network
