// Predictions of an earlier run against what a later one measured.
#include <gtest/gtest.h>

#include "reports/decision/fingerprint.hpp"
#include "reports/decision/ledger.hpp"
#include "tests/unit/decision/made_decision.hpp"

namespace assay::decision {
namespace {

nlohmann::json run_json(const char* start, const char* cpu, const char* host) {
  return {{"start", start},
          {"hosts", nlohmann::json::array({{{"host", host},
                                            {"cpu_model", cpu},
                                            {"packages", 1},
                                            {"cores", 8},
                                            {"memory_B", 68719476736.0}}})}};
}

Prediction said(double ranks, double low, double high) {
  Prediction prediction;
  prediction.made = "2026-11-20T10:00:00Z";
  prediction.machine = "CPU, 1 sockets, 8 cores, 64 GiB";
  prediction.work = "workload.made strong";
  prediction.ranks = ranks;
  prediction.time = {(low + high) / 2, low, high};
  return prediction;
}

RunData later_run(const char* start = "2026-11-21T10:00:00Z", const char* cpu = "CPU") {
  RunData run = run_of({{1, 1, around(1)}, {2, 2, around(0.6)}, {4, 4, around(0.4)}});
  run.run = run_json(start, cpu, "other name");
  return run;
}

TEST(Ledger, TheMachineIsItsKindWhateverItsNames) {
  EXPECT_EQ(machine_of(later_run()), "CPU, 1 sockets, 8 cores, 64 GiB");
  EXPECT_EQ(machine_of(run_of({{1, 1, {1}}})), "");
}

TEST(Ledger, ScoresWhatALaterRunOfTheSameMachinesMeasured) {
  const std::vector<Prediction> predictions{said(2, 0.5, 0.7), said(4, 0.2, 0.3),
                                            said(8, 0.1, 0.2)};
  const RunData later = later_run();
  const models::Analysis analysis = models::analyse(later);
  const std::vector<Score> scores = score(predictions, "earlier", later, analysis);
  ASSERT_EQ(scores.size(), 2U);  // nobody measured 8 ranks
  EXPECT_TRUE(scores[0].held);
  EXPECT_NEAR(scores[0].off_by, 0, 0.01);
  EXPECT_FALSE(scores[1].held);
  EXPECT_NEAR(scores[1].off_by, 0.6, 0.02);
  const Tally sum = tally(scores);
  EXPECT_EQ(sum.intervals, 2U);
  EXPECT_EQ(sum.held, 1U);
  EXPECT_NEAR(sum.median_error, 0.3, 0.02);
}

TEST(Ledger, OtherMachinesAndEarlierRunsAreNotScored) {
  const std::vector<Prediction> predictions{said(2, 0.5, 0.7)};
  for (const RunData& run :
       {later_run("2026-11-21T10:00:00Z", "another CPU"), later_run("2026-11-19T10:00:00Z"),
        later_run("2026-11-20T10:00:00Z")}) {
    const models::Analysis analysis = models::analyse(run);
    EXPECT_TRUE(score(predictions, "earlier", run, analysis).empty());
  }
}

/// 3600 steps of 0.6 s are 36 minutes.
TEST(Ledger, ADeadlineIsMetOrMissedByTheClock) {
  Prediction promise = said(2, 2000, 2300);
  promise.claim = Claim::deadline;
  promise.steps = 3600;
  promise.probability = 0.95;
  const RunData later = later_run();
  const models::Analysis analysis = models::analyse(later);
  promise.deadline = 2200;
  EXPECT_TRUE(score({promise}, "earlier", later, analysis).at(0).held);
  EXPECT_NEAR(score({promise}, "earlier", later, analysis).at(0).measured, 2160, 20);
  promise.deadline = 2100;
  const std::vector<Score> late = score({promise}, "earlier", later, analysis);
  EXPECT_FALSE(late.at(0).held);
  const Tally sum = tally(late);
  EXPECT_EQ(sum.deadlines, 1U);
  EXPECT_EQ(sum.in_time, 0U);
  EXPECT_DOUBLE_EQ(sum.claimed, 0.95);
}

TEST(Ledger, KeepsWhatItSaysOfEveryPlaceAndOfTheDeadline) {
  RunData run = later_run();
  const Answer answer(std::move(run), prices_of({type_of("small", 3)}),
                      {.job = {.steps = 3600, .deadline = 3000}, .node_counts = {1, 2, 4}});
  const auto all = predictions_of(answer.run, answer.analysis, answer.decision);
  std::size_t measured = 0, deadlines = 0;
  for (const Prediction& one : all) {
    EXPECT_EQ(one.made, "2026-11-21T10:00:00Z");
    EXPECT_EQ(one.machine, machine_of(answer.run));
    EXPECT_FALSE(one.version.empty());
    EXPECT_EQ(one.work, "workload.made strong");
    measured += one.claim == Claim::step_time && one.label == Label::measured ? 1 : 0;
    if (one.claim != Claim::deadline) continue;
    ++deadlines;
    EXPECT_EQ(one.ranks, 2);
    EXPECT_DOUBLE_EQ(one.steps, 3600);
    EXPECT_DOUBLE_EQ(one.deadline, 3000);
    EXPECT_GE(one.probability, 0.9);
  }
  EXPECT_GE(measured, 3U);
  EXPECT_EQ(deadlines, 1U);
}

}  // namespace
}  // namespace assay::decision
