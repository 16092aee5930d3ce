#include "probes/step_budget.hpp"

namespace assay {

StepBudget::StepBudget(std::vector<PlannedStep> steps, std::optional<Seconds> limit)
    : steps_(std::move(steps)), limit_(limit), dropped_(steps_.size(), false) {
  if (limit_) drop_replicates();
}

Seconds StepBudget::expected() const {
  Seconds total(0);
  for (std::size_t i = 0; i < steps_.size(); ++i)
    if (!dropped_[i] && !steps_[i].is_done) total += steps_[i].expected;
  return total;
}

void StepBudget::drop_replicates() {
  const auto known = [&] {
    Seconds total(0);
    for (std::size_t i = 0; i < steps_.size(); ++i)
      if (!dropped_[i] && !steps_[i].is_done && !steps_[i].is_limit) total += steps_[i].expected;
    return total;
  };
  for (Seconds total = known(); total > *limit_;) {
    std::size_t last = steps_.size();
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const PlannedStep& step = steps_[i];
      if (dropped_[i] || step.is_done || step.is_limit || !step.is_droppable) continue;
      if (last == steps_.size() || step.round >= steps_[last].round) last = i;
    }
    if (last == steps_.size()) return;
    dropped_[last] = true;
    total = known();
  }
}

bool StepBudget::fits(std::size_t step, Seconds elapsed, double pace) const {
  if (!limit_ || elapsed == Seconds(0)) return true;
  Seconds needed = steps_[step].expected;
  if (steps_[step].is_droppable)
    for (std::size_t i = step + 1; i < steps_.size(); ++i)
      if (!steps_[i].is_droppable && !steps_[i].is_done) needed += steps_[i].expected;
  return elapsed + pace * needed <= *limit_;
}

}  // namespace assay
