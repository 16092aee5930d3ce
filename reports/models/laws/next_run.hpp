#pragma once
/// @file
/// The next run that narrows what is known at a target rank count, and by how much.
///
/// First the tier: a target across a border nobody crossed needs one run across it. Then, where no
/// law stands or nothing can be said there, and for a target beyond four times what was measured:
/// measure nearer to it. Else five more launches at one count: the target itself or twice the
/// largest count, or one that was measured. For each candidate the launches are drawn from worlds
/// of the posterior, added to the study and everything is fitted again; `narrower` is the median
/// share taken off the width of the interval at the target. The cheapest (ranks x time) that takes
/// at least a quarter off is named, else the one that takes off most; where none takes off a tenth,
/// nothing is promised.

#include <string>

#include "reports/models/laws/model_selection.hpp"

namespace assay::models {

struct NextRun {
  double ranks = 0;
  int launches = 5;
  double rank_seconds = 0;  ///< What one step of each launch costs; NaN where nobody knows.
  /// Share taken off the interval at the target, as refitted; NaN where nothing is promised.
  double narrower = 0;
  std::string reason;  ///< In words.
};
[[nodiscard]] NextRun next_run(const ModelSelection& selection, double target_ranks);

}  // namespace assay::models
