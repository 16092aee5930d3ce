#include "benchmarks/suite/study.hpp"

#include <algorithm>
#include <cassert>
#include <random>

namespace assay::suite {

std::vector<StudyPoint> study_order(const std::vector<int>& ranks, int launches,
                                    std::uint64_t seed) {
  assert(!ranks.empty() && launches >= 1);
  std::vector<StudyPoint> order;
  std::mt19937_64 generator(seed);
  // Round by round, each round shuffled: every rank count is spread over the whole duration.
  for (int launch = 1; launch <= launches; ++launch) {
    std::vector<int> round = ranks;
    // Fisher-Yates by hand: std::shuffle's order is not the same on every standard library.
    for (std::size_t i = round.size(); i > 1; --i) std::swap(round[i - 1], round[generator() % i]);
    for (int count : round) order.push_back({count, launch});
  }
  order.push_back({order.front().ranks, launches + 1});
  return order;
}

std::vector<int> default_rank_counts(int most) {
  std::vector<int> counts;
  for (int count = 1; count < most; count *= 2) counts.push_back(count);
  counts.push_back(std::max(1, most));
  return counts;
}

}  // namespace assay::suite
