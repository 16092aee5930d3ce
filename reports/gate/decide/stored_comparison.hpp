#pragma once
/// @file
/// Verdicts from results that were stored: weaker than pairs, and said to be.
///
/// Base and head were measured at different times, so that nothing cancels what the machine did in
/// between. With at least two launches on each side: Mann-Whitney on ln(value) shifted by delta,
/// Holm over all metrics at alpha, interval of the shift by Hodges and Lehmann. With one launch on
/// a side, how much launches differ is not in the data: it is taken from the user (`launch_noise`),
/// and added to what the repetitions inside the launch say. Repetitions alone would call identical
/// programs different in up to a third of all comparisons; an assumed 2 % still called 39 of 1,029
/// metrics of two runs of one program slower, tails and bimodal paths among them. So where nobody
/// stated the noise, one launch can show "same" and raise a suspicion, never a change. Exact
/// counters: any change fails. Fitted parameters: fitted_parameters.hpp. The interval of "same"
/// errs with 5 % on each side, as in a gate run.

#include <string>
#include <vector>

#include "reports/gate/decide/report.hpp"
#include "reports/gate/read/metric.hpp"

namespace assay::gate {

struct StoredOptions {
  Rule rule;
  double launch_noise =
      0.02;  ///< Standard deviation of ln(value) from launch to launch, if unknown.
  bool launch_noise_stated = true;  ///< By somebody who knows; otherwise it is an assumption.
};

/// A change that rests on one launch and an assumed noise becomes a suspicion: inconclusive, with
/// the reason.
void withhold_change(MetricResult& result);

/// One side: one or several launches.
using StoredSide = std::vector<Launch>;

/// Verdicts of every metric of either side. A metric of one side only is inconclusive.
/// @pre both sides hold at least one launch
[[nodiscard]] std::vector<MetricResult> compare_stored(const StoredSide& base,
                                                       const StoredSide& head,
                                                       const StoredOptions& options);
/// What verdicts on this many launches rest on, in a sentence.
[[nodiscard]] std::string stored_claim(std::size_t base_launches, std::size_t head_launches,
                                       const StoredOptions& options);
/// Launches of the side with the fewest, counting those inside a run; 0 for no metric at all.
[[nodiscard]] std::size_t fewest_launches(const StoredSide& side);

}  // namespace assay::gate
