#pragma once
/// @file
/// The gate's run: pairs of fresh launches in alternating order, screened, then confirmed on fresh
/// pairs.

#include <functional>
#include <optional>
#include <string>

#include "probes/core/units.hpp"
#include "reports/gate/decide/launch_source.hpp"
#include "reports/gate/decide/report.hpp"

namespace assay::gate {

struct GateOptions {
  Rule rule;
  int warmup = 1;                 ///< Launches of each side that are dropped: cold file caches.
  std::optional<Seconds> budget;  ///< Wall time of everything; none: see `patience`.
  /// Without a budget: a run ends after this, or after twice what its launches would take at the
  /// pace of the fastest so far, whichever is longer. Short programs cannot be dragged on by
  /// neighbours, long ones get their time.
  Seconds patience = Seconds(55);
  std::function<Seconds()> clock;  ///< For tests; empty: the wall clock.
  /// Launches done, launches planned so far, and the stage; for the progress bar.
  std::function<void(int done, int planned, const std::string& stage)> progress;
};

/// What the two sides said, launch by launch.
struct PairedLaunches {
  std::vector<Launch> base;
  std::vector<Launch> head;
};

/// Runs the plan and fills `metrics`, `rule`, `warnings` and `refusal` of the report. Confirmation
/// takes as many pairs as the budget allows. Stopping looks at the clock and never at which side
/// won: given the two times of a pair, whichever was base, their sum is the same, so the signs stay
/// fair coins. Throws what the source throws: a launch that fails is
/// no measurement, and no verdict.
/// @pre at least 5 screen pairs (fewer cannot even say "same"); throws UsageError otherwise
[[nodiscard]] GateReport run_paired_gate(const LaunchSource& source, const GateOptions& options);

/// Pure: the verdicts of all metrics from the screening launches and the confirmation launches,
/// which may be none. `confirm_refused` says why there are none although there were suspects.
[[nodiscard]] std::vector<MetricResult> judge(const PairedLaunches& screening,
                                              const PairedLaunches& confirmation, const Rule& rule,
                                              const std::string& confirm_refused = "");

/// How many metrics are suspected after the screening, and how many are undecided without
/// suspicion; of those without suspicion, how many lean to a side.
struct Screening {
  int suspects = 0;
  int undecided = 0;
  int leaning = 0;
};
[[nodiscard]] Screening screen_launches(const PairedLaunches& screening, const Rule& rule);

}  // namespace assay::gate
