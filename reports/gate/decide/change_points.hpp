#pragma once
/// @file
/// Where a series changed its level: E-divisive, with a p-value for the whole search.
///
/// The statistic of a split is the energy distance 2 E|X-Y| - E|X-X'| - E|Y-Y'| of the two sides,
/// times nm/(n+m). The best split of all segments is tested against the best split of the same
/// search on permuted data, so that the p-value is that of the search, not of one point of it.
/// Neighbouring values are permuted in blocks where they resemble each other more than chance
/// allows. Source: Matteson & James, "A Nonparametric Approach for Multiple Change Point Analysis
/// of Multivariate Data", JASA 109, 2014; block length: Politis & White, Econometric Reviews 23,
/// 2004 (for AR(1)). Not covered: a slow drift, which shows as a stair; changes within 3 points of
/// an end.

#include <cstdint>
#include <span>
#include <vector>

namespace assay::gate {

struct ChangePointOptions {
  std::size_t minimum_segment = 3;
  int permutations = 999;
  double p_stop = 0.05;  ///< The search ends at the first split with a larger p-value.
  std::uint64_t seed = 1;
};

struct FoundChange {
  std::size_t index;     ///< First value after the change.
  double p_value;        ///< (1 + permutations that beat it) / (1 + permutations)
  double before, after;  ///< Medians of the segments on both sides, after the whole search.
};

/// In the order of the series. The best split is reported even when its p-value is above p_stop, so
/// that a family of series can be corrected; further ones only below it. Empty for series that are
/// too short (less than two segments) or constant.
[[nodiscard]] std::vector<FoundChange> find_changes(std::span<const double> series,
                                                    const ChangePointOptions& options = {});

/// Best split of a segment: its statistic and first index of the right side.
struct Split {
  double statistic = 0;
  std::size_t index = 0;
};
/// @pre at least 2 * minimum_segment values; index 0 otherwise
[[nodiscard]] Split best_split(std::span<const double> segment, std::size_t minimum_segment);

/// Block length for permutations, from the correlation rho of neighbours under AR(1); 1 where there
/// is none to speak of. rho comes from the steps between neighbours, whose own correlation is -(1 -
/// rho)/2, because a change of level does not show in it; the residuals of a fitted split hide the
/// excursions that the split was fitted to.
[[nodiscard]] std::size_t block_length(std::span<const double> series);

}  // namespace assay::gate
