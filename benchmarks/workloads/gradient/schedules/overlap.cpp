#include "benchmarks/workloads/gradient/schedules/overlap.hpp"

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
  return {};
}

std::string doubt_of_noise(const StepParts& parts, double hideable) {
  const double noise =
      (median_interval(parts.step).width() + median_interval(parts.compute_alone).width()) / 2;
  if (noise <= 0.25 * hideable) return {};
  return fmt::format("what could be hidden, {}, is hardly more than the noise of the step, {}",
                     format(Seconds(hideable)), format(Seconds(noise)));
}

}  // namespace

Overlap judge_overlap(const StepParts& parts) {
  const double compute = median(parts.compute_alone),
               communication = median(parts.communication_alone);
  const double beside = median(parts.communication_beside_pieces);
  Overlap overlap;
  const double undisturbed =
      parts.compute_on_all_cores.empty() ? compute : median(parts.compute_on_all_cores);
  const double pieces = parts.pieces * compute / undisturbed;  // on the cores of the step
  overlap.hideable = std::max(0.0, std::min(compute, communication + pieces - beside));
  for (const double step : parts.step) {
    const double hidden = communication + compute - step;
    overlap.fraction.push_back(std::clamp(hidden / std::min(communication, compute), 0.0, 1.0));
    overlap.hidden_share.push_back(
        overlap.hideable > 0 ? std::clamp(hidden / overlap.hideable, 0.0, 1.0) : 0);
  }
  overlap.fraction_doubt = overlap.share_doubt = doubt_of_fraction(parts);
  if (overlap.fraction_doubt.empty()) {
    overlap.fraction_doubt = doubt_of_noise(parts, std::min(compute, communication));
    overlap.share_doubt = doubt_of_noise(parts, overlap.hideable);
  }
  overlap.compute_slowdown = median(parts.compute_in_step) / undisturbed;
  if (overlap.compute_slowdown < 1 - tolerance)
    overlap.slowdown_doubt =
        fmt::format("compute takes {} in the step, but {} alone, when nothing disturbs it",
                    format(Seconds(median(parts.compute_in_step))), format(Seconds(undisturbed)));
  return overlap;
}

}  // namespace assay::workloads
