#include "reports/gate/decide/verdict.hpp"

#include <gtest/gtest.h>

#include <random>

#include "reports/gate/decide/sign_test.hpp"

namespace assay::gate {
namespace {

TEST(Difference, IsPositiveWhenWorse) {
  EXPECT_NEAR(difference(1, 1.05, Better::lower), std::log(1.05), 1e-15);
  EXPECT_NEAR(difference(1, 1.05, Better::higher), -std::log(1.05), 1e-15);
  EXPECT_TRUE(std::isnan(difference(0, 1, Better::lower)));
  EXPECT_TRUE(std::isnan(difference(1, -1, Better::lower)));
  EXPECT_DOUBLE_EQ(difference(0, 0.02, Better::lower, true), 0.02);
}

TEST(Screen, SuspectsInBothDirectionsAndOnlyBeyondDelta) {
  const Rule rule;
  EXPECT_EQ(screen(std::vector{0.05, 0.052, 0.048, 0.05, 0.051, 0.049}, rule), Suspicion::slower);
  EXPECT_EQ(screen(std::vector{-0.05, -0.052, -0.048, -0.05, -0.051, -0.049}, rule),
            Suspicion::faster);
  EXPECT_EQ(screen(std::vector{0.005, 0.005, 0.005, 0.005, 0.005, 0.005}, rule), Suspicion::none);
  EXPECT_EQ(screen(std::vector{0.05}, rule), Suspicion::none);
}

TEST(Screen, OneOutlierDoesNotHideAShift) {
  // The outlier alone makes the t test's p 0.3; five of six above delta still suspect.
  EXPECT_EQ(screen(std::vector{0.05, 0.05, 0.05, 0.05, 0.05, -0.4}, Rule{}), Suspicion::slower);
}

TEST(DecideUnsuspected, SameOnlyWithinTheMargin) {
  const Rule rule;
  const Decision same = decide_unsuspected(std::vector{0.01, -0.01, 0.02, 0.0, -0.02, 0.015}, rule);
  EXPECT_EQ(same.verdict, Verdict::same);
  EXPECT_DOUBLE_EQ(same.interval.low, -0.02);
  EXPECT_DOUBLE_EQ(same.interval.high, 0.02);
  const Decision wide = decide_unsuspected(std::vector{0.01, -0.06, 0.02, 0.0, -0.02, 0.015}, rule);
  EXPECT_EQ(wide.verdict, Verdict::inconclusive);
  EXPECT_FALSE(wide.reason.empty());
  const Decision few = decide_unsuspected(std::vector{0.0, 0.0, 0.0, 0.0}, rule);
  EXPECT_EQ(few.verdict, Verdict::inconclusive) << "four pairs err with 1/16";
}

Suspect suspect_with(int above, int pairs, Suspicion suspicion = Suspicion::slower,
                     double strength = 0) {
  Suspect suspect;
  suspect.strength = strength;
  suspect.suspicion = suspicion;
  const double sign = suspicion == Suspicion::slower ? 1 : -1;
  for (int i = 0; i < pairs; ++i) suspect.differences.push_back(sign * (i < above ? 0.03 : -0.001));
  return suspect;
}

TEST(DecideConfirmed, HolmOverTheSuspects) {
  const Rule rule;
  // 16 of 20 has p = 0.0059: enough alone, and for the strongest of two, but not for the weaker.
  EXPECT_EQ(decide_confirmed(std::vector{suspect_with(16, 20)}, rule)[0].verdict,
            Verdict::regressed);
  const auto two_with = [&](double strength) {
    return decide_confirmed(
        std::vector{suspect_with(16, 20, Suspicion::slower, strength), suspect_with(10, 20)}, rule);
  };
  EXPECT_EQ(two_with(1)[0].verdict, Verdict::regressed);
  EXPECT_NEAR(two_with(1)[0].p_value, 0.0059 / 0.8, 1e-4) << "1 / (1 + 1/4) of alpha";
  EXPECT_NE(two_with(-1)[0].verdict, Verdict::regressed);
  EXPECT_NEAR(two_with(-1)[0].p_value, 0.0059 / 0.2, 5e-4);
  // The second is tested at alpha once the first is rejected.
  const auto both = decide_confirmed(std::vector{suspect_with(20, 20), suspect_with(16, 20)}, rule);
  EXPECT_EQ(both[0].verdict, Verdict::regressed);
  EXPECT_EQ(both[1].verdict, Verdict::regressed);
}

TEST(DecideConfirmed, TheStrongestKeepsItsShareAmongAnyNumber) {
  std::vector<Suspect> suspects(100, suspect_with(10, 20));
  suspects.push_back(suspect_with(16, 20, Suspicion::slower, 5));
  EXPECT_EQ(decide_confirmed(suspects, Rule{}).back().verdict, Verdict::regressed);
  double sum = 0;
  for (int rank = 1; rank <= 101; ++rank) sum += share_of_alpha(rank, 101);
  EXPECT_NEAR(sum, 1, 1e-12) << "all shares together are alpha";
  EXPECT_GT(share_of_alpha(1, 1'000'000), 0.6);
}

TEST(DecideConfirmed, WhatOnlyLeansRanksBehindAndIsNoSuspect) {
  Suspect leaning = suspect_with(16, 20, Suspicion::slower, 9);
  leaning.only_leans = true;
  const Suspect suspect = suspect_with(10, 20, Suspicion::slower, 1);
  EXPECT_NE(decide_confirmed(std::vector{leaning, suspect}, Rule{})[0].verdict, Verdict::regressed);
  leaning.differences = suspect_with(17, 20).differences;
  EXPECT_EQ(decide_confirmed(std::vector{leaning, suspect}, Rule{})[0].verdict, Verdict::regressed);
  leaning.differences = suspect_with(14, 20).differences;
  const Decision same = decide_confirmed(std::vector{leaning}, Rule{})[0];
  EXPECT_EQ(same.verdict, Verdict::same) << "nobody suspected it, so no hint stands in the way";
  EXPECT_TRUE(same.reason.empty());
}

TEST(Leaning, IsWhereTheMedianPoints) {
  const Rule rule;
  EXPECT_EQ(leaning(std::vector{0.03, -0.3, 0.02, 0.5, -0.2, 0.04}, rule), Suspicion::slower);
  EXPECT_EQ(leaning(std::vector{-0.03, -0.3, -0.02, 0.5, 0.2, -0.04}, rule), Suspicion::faster);
  EXPECT_EQ(leaning(std::vector{0.005, -0.3, 0.005, 0.5, 0.2, -0.04}, rule), Suspicion::none);
  EXPECT_GT(strength_of(std::vector{0.03, 0.031}, Suspicion::slower, rule),
            strength_of(std::vector{0.03, 0.06}, Suspicion::slower, rule));
  EXPECT_GT(strength_of(std::vector{-0.03, -0.031}, Suspicion::faster, rule), 0);
}

TEST(DecideConfirmed, ImprovementsAreAFamilyOfTheirOwn) {
  const auto decisions = decide_confirmed(
      std::vector{suspect_with(16, 20), suspect_with(16, 20, Suspicion::faster)}, Rule{});
  EXPECT_EQ(decisions[0].verdict, Verdict::regressed);
  EXPECT_EQ(decisions[1].verdict, Verdict::improved);
}

TEST(DecideConfirmed, ClearsOnlyWhatFreshPairsDoNotHintAt) {
  const auto cleared = decide_confirmed(std::vector{suspect_with(10, 20)}, Rule{});
  EXPECT_EQ(cleared[0].verdict, Verdict::same);
  EXPECT_FALSE(cleared[0].reason.empty());
  const auto hinted = decide_confirmed(std::vector{suspect_with(14, 20)}, Rule{});
  EXPECT_EQ(hinted[0].verdict, Verdict::inconclusive) << "p = 0.058 hints";
}

TEST(DecideConfirmed, TooFewPairsNeverConvict) {
  EXPECT_EQ(decide_confirmed(std::vector{suspect_with(6, 6)}, Rule{})[0].verdict,
            Verdict::inconclusive);
  EXPECT_EQ(decide_confirmed(std::vector{suspect_with(0, 0)}, Rule{})[0].verdict,
            Verdict::inconclusive);
}

TEST(DetectableEffect, ScalesWithTheSpreadAndExceedsTheSimpleFormula) {
  const Rule rule;
  EXPECT_DOUBLE_EQ(detectable_effect(0, rule).value(), rule.delta);
  const double spread = 0.01 * std::sqrt(2.0);
  const double effect = detectable_effect(spread, rule).value();
  EXPECT_NEAR(detection_probability(effect, spread, rule), 0.9, 1e-3);
  EXPECT_NEAR(detectable_effect(2 * spread, rule).value() - rule.delta, 2 * (effect - rule.delta),
              1e-9);
  // delta + (z_{0.99} + z_{0.9}) spread / sqrt(20)
  EXPECT_GT(effect, rule.delta + (2.326 + 1.282) * spread / std::sqrt(20.0));
  Rule few = rule;
  few.confirm_pairs = 8;  // 8 of 8 has 0.4 %: enough for the strongest of any number
  EXPECT_GT(detectable_effect(spread, few).value(), effect) << "fewer pairs cost power";
  EXPECT_TRUE(detectable_effect(spread, few, 500).has_value());
  Rule hopeless;
  hopeless.confirm_pairs = 3;
  EXPECT_FALSE(detectable_effect(spread, hopeless).has_value());
}

TEST(DetectionProbability, IsWhatSimulationShows) {
  const Rule rule;
  const double spread = 0.02 * std::sqrt(2.0), effect = std::log(1.05);
  std::mt19937_64 engine(7);
  std::normal_distribution<double> noise(effect, spread);
  int found = 0;
  constexpr int trials = 4000;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> first(6), fresh(20);
    for (double& d : first) d = noise(engine);
    if (screen(first, rule) != Suspicion::slower) continue;
    for (double& d : fresh) d = noise(engine);
    found += decide_confirmed(std::vector{Suspect{.differences = fresh}}, rule)[0].verdict ==
             Verdict::regressed;
  }
  EXPECT_NEAR(static_cast<double>(found) / trials, detection_probability(effect, spread, rule),
              0.03);
}

}  // namespace
}  // namespace assay::gate
