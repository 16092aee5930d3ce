#pragma once
/// @file
/// The adaptive sampler: warm up until the value is stable, then sample until enough is known.
///
/// Warm-up ends when `warmup_agree` consecutive values lie within `warmup_tolerance` of each other,
/// or at its caps. Sampling ends at the first of: `min_samples` kept; an interval of the median no
/// wider than
/// +-`relative_interval`; the time cap. Every kept sample is returned, none is filtered.
/// Not measured: the replicate. Samples of one call share one launch.

#include <functional>
#include <string>
#include <vector>

#include "probes/core/clock.hpp"
#include "probes/core/units.hpp"

namespace assay {

/// Every limit is explicit. A larger value of each costs time and buys certainty.
struct SampleOptions {
  int min_samples = 30;  ///< Enough, whatever the spread.
  double relative_interval =
      0.02;                ///< Enough, however few samples (but at least 6, see statistics.hpp).
  Seconds time_cap = 1_s;  ///< Wall time of the sampling, warm-up excluded.
  int warmup_agree = 3;
  double warmup_tolerance = 0.01;
  int warmup_max = 50;
  Seconds warmup_cap = 500_ms;
};

enum class StopReason { enough_samples, narrow_interval, time_cap, interrupted };

struct Samples {
  std::vector<double> values;  ///< In the order measured; in the unit the callable returns.
  int warmup_samples = 0;      ///< Dropped.
  bool stable = false;         ///< False when the warm-up ended at a cap.
  StopReason stop = StopReason::time_cap;
  /// Thread CPU time over wall time of the sampling: below 1 when something else ran on this core.
  double cpu_wall_ratio = 1;
};

/// Where the sampler gets time from, so that a test can give it a fake clock.
struct SamplerClock {
  std::function<Seconds()> wall = now;
  std::function<Seconds()> cpu = thread_cpu_time;
};

/// `measure_once` measures one sample and returns its value (a time, a rate: the caller's unit).
/// Always returns at least one sample. Stops early, with what it has, when the user interrupts.
[[nodiscard]] Samples sample(const SampleOptions& options,
                             const std::function<double()>& measure_once,
                             const SamplerClock& clock = {});

}  // namespace assay
