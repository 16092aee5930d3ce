#pragma once
/// @file
/// Fitting a plan to a time budget: which steps are dropped before anything runs, and which of the
/// rest still fit as the real pace shows.
///
/// Dropped are replicates, the latest round first, so that every point keeps as many launches as
/// the others. What every point needs once is never dropped by plan: where even that does not fit,
/// steps run in order while they fit.

#include <cstddef>
#include <optional>
#include <vector>

#include "probes/core/units.hpp"

namespace assay {

struct PlannedStep {
  Seconds expected;
  int round = 0;  ///< Which replicate; the highest is dropped first.
  bool is_droppable = false;
  bool is_done = false;  ///< In an earlier session of the same run: costs nothing.
  /// `expected` is only the most it may take: nothing is dropped for it before the pace is known.
  bool is_limit = false;
};

class StepBudget {
 public:
  /// Without a limit everything fits.
  StepBudget(std::vector<PlannedStep> steps, std::optional<Seconds> limit);

  /// Of all steps that are left, those dropped left out.
  [[nodiscard]] Seconds expected() const;
  [[nodiscard]] bool is_dropped(std::size_t step) const { return dropped_[step]; }
  /// Whether `step` may begin `elapsed` after the first began, when steps took
  /// `pace` times what was expected. A replicate leaves room for what must still come. The first
  /// step always fits.
  [[nodiscard]] bool fits(std::size_t step, Seconds elapsed, double pace) const;

 private:
  void drop_replicates();

  std::vector<PlannedStep> steps_;
  std::optional<Seconds> limit_;
  std::vector<bool> dropped_;
};

}  // namespace assay
