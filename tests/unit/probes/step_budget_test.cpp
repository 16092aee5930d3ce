#include "probes/step_budget.hpp"

#include <gtest/gtest.h>

namespace assay {
namespace {

/// Two points of 10 s and 1 s in three rounds, and the first repeated last: 34 s.
std::vector<PlannedStep> study() {
  std::vector<PlannedStep> steps;
  for (int round = 1; round <= 3; ++round) {
    steps.push_back({10_s, round, round > 1});
    steps.push_back({1_s, round, round > 1});
  }
  steps.push_back({1_s, 4, false});
  return steps;
}

std::vector<bool> dropped(const StepBudget& budget, std::size_t steps) {
  std::vector<bool> all;
  for (std::size_t i = 0; i < steps; ++i) all.push_back(budget.is_dropped(i));
  return all;
}

TEST(StepBudget, WithoutALimitEverythingFits) {
  const StepBudget budget(study(), std::nullopt);
  EXPECT_EQ(budget.expected(), 34_s);
  EXPECT_TRUE(budget.fits(5, 1000_s, 10));
}

TEST(StepBudget, DropsTheLastRoundFirstAndNeverTheRepeat) {
  const StepBudget budget(study(), 24_s);
  EXPECT_EQ(dropped(budget, 7), (std::vector<bool>{0, 0, 0, 0, 1, 1, 0}));
  EXPECT_EQ(budget.expected(), 23_s);
}

TEST(StepBudget, KeepsOneLaunchOfEachPointWhateverTheLimit) {
  const StepBudget budget(study(), 1_s);
  EXPECT_EQ(dropped(budget, 7), (std::vector<bool>{0, 0, 1, 1, 1, 1, 0}));
  EXPECT_TRUE(budget.fits(0, Seconds(0), 1)) << "the first step always begins";
  EXPECT_FALSE(budget.fits(1, 10_s, 1));
}

TEST(StepBudget, AnUpperBoundDropsNothingBeforeThePaceIsKnown) {
  std::vector<PlannedStep> steps = study();
  for (PlannedStep& step : steps) step.is_limit = true;
  const StepBudget budget(steps, 5_s);
  EXPECT_EQ(dropped(budget, 7), std::vector<bool>(7, false));
  EXPECT_TRUE(budget.fits(4, 2_s, 0.1)) << "launches take a tenth of their limit";
  EXPECT_FALSE(budget.fits(4, 2_s, 1));
}

TEST(StepBudget, WhatIsDoneCostsNothing) {
  std::vector<PlannedStep> steps = study();
  steps[0].is_done = steps[2].is_done = true;
  EXPECT_EQ(StepBudget(steps, 14_s).expected(), 14_s);
}

TEST(StepBudget, AReplicateLeavesRoomForWhatMustStillCome) {
  const StepBudget budget(study(), 34_s);
  // The third 10 s, after 22 s: 10 s for it and 1 s for the repeat remain.
  EXPECT_TRUE(budget.fits(4, 22_s, 1));
  EXPECT_FALSE(budget.fits(4, 22_s, 1.2));
  EXPECT_TRUE(budget.fits(6, 33_s, 1)) << "the repeat itself";
}

}  // namespace
}  // namespace assay
