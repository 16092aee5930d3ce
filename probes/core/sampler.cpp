#include "probes/core/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <deque>

#include "probes/core/interrupt.hpp"
#include "probes/core/replicates.hpp"
#include "probes/core/statistics.hpp"

namespace assay {
namespace {

/// A rank-based 95 % interval needs six samples; with fewer, "narrow" is chance.
constexpr std::size_t fewest_for_interval = 6;

bool agree(const std::deque<double>& values, double tolerance) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return *high - *low <= tolerance * std::abs(*low);
}

/// Returns the number of dropped samples; sets `stable`.
int warm_up(const SampleOptions& options, const std::function<double()>& measure_once,
            const SamplerClock& clock, bool& stable) {
  const Seconds start = clock.wall();
  std::deque<double> recent;
  int dropped = 0;
  while (dropped < options.warmup_max && clock.wall() - start < options.warmup_cap &&
         !interrupted()) {
    recent.push_back(measure_once());
    ++dropped;
    if (recent.size() > static_cast<std::size_t>(options.warmup_agree)) recent.pop_front();
    if (recent.size() == static_cast<std::size_t>(options.warmup_agree) &&
        agree(recent, options.warmup_tolerance)) {
      stable = true;
      break;
    }
  }
  return dropped;
}

/// Looked at ever more rarely: with many samples one more tells nothing, and looking takes time.
bool is_time_to_look(std::size_t samples) {
  return samples >= fewest_for_interval && samples % std::max<std::size_t>(1, samples / 16) == 0;
}

bool narrow(const std::vector<double>& values, double relative_interval) {
  if (relative_interval <= 0 || !is_time_to_look(values.size())) return false;
  // Neighbours that resemble each other say less than as many strangers.
  const double width = median_interval(values).width() * dependence_factor(values);
  return width <= 2 * relative_interval * std::abs(median(values));
}

}  // namespace

Samples sample(const SampleOptions& options, const std::function<double()>& measure_once,
               const SamplerClock& clock) {
  Samples result;
  result.warmup_samples = warm_up(options, measure_once, clock, result.stable);
  const Seconds start = clock.wall();
  const Seconds cpu_start = clock.cpu();
  while (true) {
    result.values.push_back(measure_once());
    if (result.values.size() >= static_cast<std::size_t>(options.min_samples)) {
      result.stop = StopReason::enough_samples;
      break;
    }
    if (narrow(result.values, options.relative_interval)) {
      result.stop = StopReason::narrow_interval;
      break;
    }
    if (interrupted()) {
      result.stop = StopReason::interrupted;
      break;
    }
    if (clock.wall() - start >= options.time_cap) {
      result.stop = StopReason::time_cap;
      break;
    }
  }
  const Seconds wall = clock.wall() - start;
  if (wall > Seconds(0)) result.cpu_wall_ratio = (clock.cpu() - cpu_start) / wall;
  return result;
}

}  // namespace assay
