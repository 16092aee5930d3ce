#pragma once
/// @file
/// The order in which a scaling study launches its points.
///
/// The replicate is a launch. Launches are shuffled, so that a slow drift of the machine becomes
/// scatter instead of a slope in N; the first point is repeated last, so that a drift shows.
/// Source: Hoefler & Belli, SC'15, rule 9 (factors and levels); randomised block designs.

#include <cstdint>
#include <vector>

namespace assay::suite {

struct StudyPoint {
  int ranks;
  int launch;  ///< From 1, counted per rank count.
  friend bool operator==(const StudyPoint&, const StudyPoint&) = default;
};

/// Every rank count `launches` times in an order that depends only on `seed`, and one more launch
/// of the first. @pre ranks not empty, launches >= 1
[[nodiscard]] std::vector<StudyPoint> study_order(const std::vector<int>& ranks, int launches,
                                                  std::uint64_t seed);

/// 1, 2, 4, ... up to `most`, and `most` itself.
[[nodiscard]] std::vector<int> default_rank_counts(int most);

}  // namespace assay::suite
