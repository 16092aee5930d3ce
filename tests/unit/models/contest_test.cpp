#include "reports/models/laws/contest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "probes/run/run_directory.hpp"
#include "reports/models/laws/holdout.hpp"
#include "tests/unit/models/made_data.hpp"

namespace assay::models {
namespace {

using testing::HasSubstr;

double overhead(double n) {
  return 0.02 + 0.98 / n + 0.001 * n;
}

TEST(Holdout, IsNoiseWhereTheFamilyHoldsAndLargeWhereNot) {
  const ScalingSeries series = make_series({.truth = overhead}, 1);
  const Holdout right = holdout(overhead_law(Scaling::strong), series);
  const Holdout wrong = holdout(amdahl_law(), series);
  EXPECT_EQ(right.predictions, 6);  // 1 + 2 + 3
  EXPECT_LT(right.error, 0.15);
  EXPECT_GT(wrong.error, 0.3);
}

TEST(Contest, RejectsAmdahlWhereOverheadGrows) {
  const auto contest = run_contest(make_series({.truth = overhead}, 1));
  ASSERT_TRUE(contest);
  EXPECT_EQ(contest->contenders.front().fit.law.name, "m1");
  for (const Contender& contender : contest->contenders) {
    EXPECT_EQ(contender.kept, contender.fit.law.name == "m1") << contender.verdict;
    EXPECT_FALSE(contender.verdict.empty());
  }
  EXPECT_TRUE(contest->family_holds);
}

TEST(Contest, LabelsByDistance) {
  const auto contest = run_contest(make_series({.truth = overhead}, 1));
  EXPECT_EQ(contest->at(64).label, Label::measured);
  EXPECT_EQ(contest->at(128).label, Label::projected);
  EXPECT_EQ(contest->at(256).label, Label::range);
  EXPECT_EQ(contest->at(257).label, Label::scenario);
  EXPECT_TRUE(is_present(contest->at(128).time.value));
  EXPECT_FALSE(is_present(contest->at(256).time.value));
  EXPECT_FALSE(is_present(contest->at(257).speedup.value));
  EXPECT_LT(contest->at(128).time.low, overhead(128));
  EXPECT_GT(contest->at(128).time.high, overhead(128));
}

TEST(Contest, AnUnmeasuredTierIsAScenarioHoweverNear) {
  ScalingSeries series = make_series({.truth = overhead}, 1);
  series.reach.tiers = {{"node", 8}, {"rack", 64}};
  const auto contest = run_contest(series);
  EXPECT_EQ(contest->at(64).label, Label::measured);
  const Prediction beyond = contest->at(65);
  EXPECT_EQ(beyond.label, Label::scenario);
  EXPECT_FALSE(is_present(beyond.time.value));
  EXPECT_NE(beyond.note.find("rack"), std::string::npos);
}

TEST(Contest, AWrongFamilyIsNeverProjected) {
  const auto step = [](double n) { return overhead(n) * (n >= 16 ? 1.6 : 1); };
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const auto contest = run_contest(make_series({.truth = step}, seed), nullptr, 200);
    EXPECT_FALSE(contest->family_holds);
    EXPECT_NE(contest->at(128).label, Label::projected);
    EXPECT_FALSE(is_present(contest->at(128).time.value));
    EXPECT_FALSE(contest->alarms.empty());
  }
}

/// 406, 106 and 300 ms on 1, 2 and 4 ranks: no law goes down and up again like that.
ScalingSeries unlawful_series() {
  return {
      .subject = "made",
      .probe = "workload.made",
      .points = {{1, {0.404, 0.406, 0.408}}, {2, {0.105, 0.106, 0.107}}, {4, {0.29, 0.3, 0.31}}},
      .reach = {.largest = 4}};
}

TEST(Contest, WhereNoLawHoldsTheLaunchesSpeakForThemselves) {
  const auto contest = run_contest(unlawful_series());
  ASSERT_TRUE(contest);
  EXPECT_FALSE(contest->explained);
  EXPECT_THAT(contest->contenders.front().verdict, HasSubstr("least wrong"));
  const Prediction at = contest->at(4);
  EXPECT_EQ(at.label, Label::measured);
  EXPECT_NEAR(at.time.value, 0.3, 0.001);
  // Student's t of 2 degrees of freedom, times the standard error of ln T: 4.303 x 0.0333 / sqrt 3.
  EXPECT_NEAR(std::log(at.time.high / at.time.value), 0.0828, 0.001);
  EXPECT_NEAR(at.speedup.value, 0.406 / 0.3, 0.01);
  EXPECT_EQ(contest->median_time(2), contest->at(2).time.value);
  const std::vector<double> draws = contest->draw_times(4);
  EXPECT_EQ(draws.size(), static_cast<std::size_t>(report_draws));
  EXPECT_NEAR(median(draws), 0.3, 0.001);
  EXPECT_EQ(contest->at(3).label, Label::range) << "nobody measured it, and no law speaks for it";
  EXPECT_FALSE(is_present(contest->at(3).time.value));
}

TEST(Contest, OneLaunchIsNoInterval) {
  ScalingSeries series = unlawful_series();
  series.points.back().times = {0.3};
  const auto contest = run_contest(series);
  ASSERT_TRUE(contest);
  ASSERT_FALSE(contest->explained);
  EXPECT_EQ(contest->at(4).time.value, 0.3);
  EXPECT_FALSE(is_present(contest->at(4).time.low));
  EXPECT_TRUE(contest->draw_times(4).empty());
}

TEST(Contest, AlarmsWhenTheProbeDisagreesWithTheWorkload) {
  const CommunicationTerm probed{.description = "made",
                                 .startup = [](double n) { return 1e-5 * (n - 1); },
                                 .transfer = [](double n) { return 0.0 * n; }};
  // The workload pays 20 times what the probe saw.
  const auto truth = [](double n) { return 0.02 + 0.98 / n + 2e-4 * (n - 1); };
  const auto contest = run_contest(make_series({.truth = truth}, 1), &probed);
  ASSERT_TRUE(contest);
  EXPECT_FALSE(contest->family_holds);
  EXPECT_NE(contest->alarms.front().find("probe and workload disagree"), std::string::npos);
}

TEST(Contest, TooFewRankCountsToTestAnyLawIsARangeAtBest) {
  const auto contest = run_contest(make_series({.truth = overhead, .ranks = {1, 2}}, 1));
  ASSERT_TRUE(contest);
  EXPECT_FALSE(contest->family_holds);
  EXPECT_EQ(contest->at(4).label, Label::range);
}

TEST(Contest, OneLaunchAndNoSparePointHasNoIntervalAndNoProjection) {
  const auto contest =
      run_contest(make_series({.truth = overhead, .ranks = {1, 2}, .launches = 1}, 1));
  ASSERT_TRUE(contest);
  EXPECT_FALSE(is_present(contest->at(2).time.low));
  EXPECT_EQ(contest->at(4).label, Label::scenario);
  EXPECT_TRUE(contest->draw_times(2).empty());
}

TEST(Contest, DrawsAreJointOverRankCounts) {
  const auto contest = run_contest(make_series({.truth = overhead}, 1));
  const std::vector<double> near = contest->draw_times(64), far = contest->draw_times(128);
  ASSERT_EQ(near.size(), static_cast<std::size_t>(report_draws));
  // A draw that is slow at 64 is slow at 128: the correlation of their ranks is clearly positive.
  double both = 0, near_mean = 0, far_mean = 0;
  for (std::size_t i = 0; i < near.size(); ++i) near_mean += near[i], far_mean += far[i];
  near_mean /= report_draws, far_mean /= report_draws;
  for (std::size_t i = 0; i < near.size(); ++i) both += (near[i] - near_mean) * (far[i] - far_mean);
  EXPECT_GT(both, 0);
}

TEST(Contest, IsTheSameEveryTime) {
  const ScalingSeries series = make_series({.truth = overhead}, 1);
  EXPECT_EQ(run_contest(series)->at(128).time.low, run_contest(series)->at(128).time.low);
}

TEST(Weak, IsContestedToo) {
  const auto contest = run_contest(make_series(
      {.truth = [](double n) { return 1 + 0.05 * std::log(n); }, .scaling = Scaling::weak}, 1));
  ASSERT_TRUE(contest);
  EXPECT_EQ(contest->at(128).label, Label::projected);
  EXPECT_NEAR(contest->at(128).time.value, 1 + 0.05 * std::log(128), 0.05);
}

}  // namespace
}  // namespace assay::models
