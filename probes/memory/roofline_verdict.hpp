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

[[nodiscard]] FlopsPerSecond roof_at(FlopsPerByte intensity, FlopsPerSecond peak,
                                     BytesPerSecond bandwidth);
[[nodiscard]] bool is_near_knee(FlopsPerByte intensity, FlopsPerSecond peak,
                                BytesPerSecond bandwidth);
/// Empty when the point is within the tolerance or near the knee; else why it contradicts the
/// roofs. `fraction` is measured rate over roof.
[[nodiscard]] std::string roofline_contradiction(double fraction, FlopsPerByte intensity,
                                                 FlopsPerSecond peak, BytesPerSecond bandwidth);

}  // namespace assay::memory
