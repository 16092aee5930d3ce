#pragma once
/// @file
/// Whether a measured point lies on its roofline: rate = min(P, I x B). Pure.
///
/// Source: Williams, Waterman, Patterson, "Roofline", CACM 52(4), 2009. Near the knee, I within a
/// factor of 3 of P/B, loads and arithmetic compete and no machine reaches the roof: such points
/// are not judged.

#include <string>

#include "probes/core/units.hpp"

namespace assay::memory {

inline constexpr double roofline_tolerance = 0.10;
inline constexpr double knee_factor = 3;

/// Both roofs of a level, each at the clock its kernel ran with.
struct LevelRoofs {
  FlopsPerSecond peak;
  Hertz peak_clock;
  BytesPerSecond bandwidth;
  Hertz bandwidth_clock;
  bool bandwidth_follows_clock;  ///< A cache of the core itself: L1, L2.
};
/// The roofs for a kernel that ran at `clock`: a core that clocks down when loads feed its
/// multiply-adds lowers its own roof, which says nothing against the roof. Clocks that were not
/// measured (0) change nothing.
[[nodiscard]] LevelRoofs at_clock(const LevelRoofs& roofs, Hertz clock);

[[nodiscard]] FlopsPerSecond roof_at(FlopsPerByte intensity, FlopsPerSecond peak,
                                     BytesPerSecond bandwidth);
[[nodiscard]] bool is_near_knee(FlopsPerByte intensity, FlopsPerSecond peak,
                                BytesPerSecond bandwidth);
/// Empty when the point is within the tolerance or near the knee; else why it contradicts the
/// roofs. `fraction` is measured rate over roof.
[[nodiscard]] std::string roofline_contradiction(double fraction, FlopsPerByte intensity,
                                                 FlopsPerSecond peak, BytesPerSecond bandwidth);

}  // namespace assay::memory
