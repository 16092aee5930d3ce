#include "probes/memory/roofline_verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay::memory {

LevelRoofs at_clock(const LevelRoofs& roofs, Hertz clock) {
  LevelRoofs scaled = roofs;
  if (clock <= Hertz()) return scaled;
  if (roofs.peak_clock > Hertz()) {
    scaled.peak = roofs.peak * (clock / roofs.peak_clock);
    scaled.peak_clock = clock;
  }
  if (roofs.bandwidth_follows_clock && roofs.bandwidth_clock > Hertz()) {
    scaled.bandwidth = roofs.bandwidth * (clock / roofs.bandwidth_clock);
    scaled.bandwidth_clock = clock;
  }
  return scaled;
}

FlopsPerSecond roof_at(FlopsPerByte intensity, FlopsPerSecond peak, BytesPerSecond bandwidth) {
  return std::min(peak, intensity * bandwidth);
}

bool is_near_knee(FlopsPerByte intensity, FlopsPerSecond peak, BytesPerSecond bandwidth) {
  const double position = intensity / (peak / bandwidth);
  return position > 1 / knee_factor && position < knee_factor;
}

std::string roofline_contradiction(double fraction, FlopsPerByte intensity, FlopsPerSecond peak,
                                   BytesPerSecond bandwidth) {
  if (is_near_knee(intensity, peak, bandwidth) || std::abs(fraction - 1) <= roofline_tolerance)
    return {};
  return fmt::format(
      "{:.2f} of the roof min(P = {}, {:g} FLOP/B x {}), outside 1 +- {:.2f}: the roofs and the "
      "point "
      "contradict each other",
      fraction, format(peak), intensity.value(), format(bandwidth), roofline_tolerance);
}

}  // namespace assay::memory
