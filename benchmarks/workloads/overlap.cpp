#include "benchmarks/workloads/overlap.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "probes/core/statistics.hpp"
#include "probes/core/units.hpp"

namespace assay::workloads {
namespace {

/// Times of one machine's calls agree to this, unless something disturbed them.
constexpr double tolerance = 0.1;

std::string doubt_of_fraction(const StepParts& parts) {
  const double step = median(parts.step), compute = median(parts.compute_alone),
               communication = median(parts.communication_alone);
  const auto text = [](double seconds) { return format(Seconds(seconds)); };
  const double longer = std::max(compute, communication);
  if (step < (1 - tolerance) * longer)
    return fmt::format("the step, {}, is shorter than its longer part alone, {}", text(step),
                       text(longer));
  if (step > (1 + tolerance) * (compute + communication))
    return fmt::format("the step, {}, is longer than its parts alone one after the other, {}",
                       text(step), text(compute + communication));
  const double noise =
      (median_interval(parts.step).width() + median_interval(parts.compute_alone).width()) / 2;
  const double shorter = std::min(compute, communication);
  if (noise > 0.25 * shorter)
    return fmt::format("what could be hidden, {}, is hardly more than the noise of the step, {}",
                       text(shorter), text(noise));
  return {};
}

}  // namespace

Overlap judge_overlap(const StepParts& parts) {
  const double compute = median(parts.compute_alone),
               communication = median(parts.communication_alone);
  Overlap overlap;
  for (const double step : parts.step)
    overlap.fraction.push_back(
        std::clamp((communication + compute - step) / std::min(communication, compute), 0.0, 1.0));
  overlap.fraction_doubt = doubt_of_fraction(parts);
  overlap.compute_slowdown = median(parts.compute_in_step) / compute;
  if (overlap.compute_slowdown < 1 - tolerance)
    overlap.slowdown_doubt =
        fmt::format("compute takes {} in the step, but {} alone, when nothing disturbs it",
                    format(Seconds(median(parts.compute_in_step))), format(Seconds(compute)));
  return overlap;
}

}  // namespace assay::workloads
