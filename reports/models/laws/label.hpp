#pragma once
/// @file
/// How far a prediction is from what was measured, enforced in one place.
///
///   N <= N_max: measured    <= 2 N_max: projected    <= 4 N_max: range    beyond: scenario
///
/// and below the smallest count in the same steps: half of it projected, a quarter a range.
/// Crossing a network tier (socket, node, rack, pod) that no measurement crossed is a scenario
/// whatever the distance: nobody knows the law there. A range and a scenario carry no point value.

#include <cstdint>
#include <string>
#include <vector>

#include "probes/core/record.hpp"

namespace assay::models {

/// A level of the network. Ranks beyond `ranks` have to talk across it.
struct Tier {
  std::string name;        ///< "socket", "node", "rack", "pod"
  std::int64_t ranks = 0;  ///< How many ranks fit inside one of it.
};

/// What the measurements reached.
struct Reach {
  double largest = 0;       ///< Largest rank count measured.
  double smallest = 0;      ///< Smallest; 0: unknown, nothing is below it.
  std::vector<Tier> tiers;  ///< Ascending; those that are known to exist.

  /// Names of the tiers the measurements crossed, and of the first that `ranks` crosses and they
  /// did not.
  [[nodiscard]] std::vector<std::string> exercised() const;
  [[nodiscard]] const Tier* first_unmeasured(double ranks) const;
};

[[nodiscard]] Label label_at(double ranks, const Reach& reach);
/// The weaker of the two claims.
[[nodiscard]] constexpr Label weaker(Label a, Label b) {
  return a < b ? b : a;
}
/// False for range and scenario: the interval, or the assumption, is the answer.
[[nodiscard]] constexpr bool has_point(Label label) {
  return label <= Label::projected;
}
/// "measured up to 8 ranks; tiers exercised: socket, node"
[[nodiscard]] std::string describe(const Reach& reach);

}  // namespace assay::models
