#pragma once
/// @file
/// In which order the two sides are launched.
///
/// ABBA BAAB ABBA ...: the difference of neighbours cancels a level; a block of two pairs also
/// cancels a linear drift (a machine that warms up), and a block of four a quadratic one and any
/// fixed cost of being second. A fixed, not a random order: with few pairs a random one is
/// unbalanced too often.

#include <array>
#include <cstddef>

namespace assay::gate {

enum class Side { base, head };

/// The two launches of pair number `pair`, in order: base first in pairs 0 and 3 of every four.
[[nodiscard]] constexpr std::array<Side, 2> pair_order(std::size_t pair) {
  const std::size_t place = pair % 4;
  if (place == 0 || place == 3) return {Side::base, Side::head};
  return {Side::head, Side::base};
}

}  // namespace assay::gate
