#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>

#include "probes/network/pair_attribution.hpp"
#include "probes/network/pair_plan.hpp"
#include "probes/network/pair_samples.hpp"

namespace assay::network {
namespace {

PairMatrix even_matrix(std::size_t nodes, double time, double noise, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  PairMatrix times(nodes, std::vector<double>(nodes, NAN));
  for (std::size_t i = 0; i < nodes; ++i)
    for (std::size_t j = 0; j < nodes; ++j)
      if (i != j) times[i][j] = time * std::exp(noise * normal(random));
  return times;
}

TEST(PairPlan, TheCircleMethodMeetsEveryPairOnceWithNobodyTwiceInARound) {
  for (int nodes = 2; nodes <= 17; ++nodes) {
    const auto rounds = circle_rounds(nodes);
    EXPECT_EQ(rounds.size(), static_cast<std::size_t>(nodes % 2 ? nodes : nodes - 1));
    std::set<NodePair> met;
    for (const Round& round : rounds) {
      std::set<int> busy;
      for (const auto& [a, b] : round) {
        EXPECT_LT(a, b);
        EXPECT_TRUE(busy.insert(a).second && busy.insert(b).second) << nodes;
        EXPECT_TRUE(met.insert({a, b}).second);
      }
    }
    EXPECT_EQ(met.size(), static_cast<std::size_t>(nodes * (nodes - 1) / 2));
  }
  EXPECT_TRUE(circle_rounds(1).empty());
}

TEST(PairPlan, ManyNodesAreSampledWithFourPartnersEach) {
  EXPECT_EQ(isolated_pairs(16).size(), 120U);
  std::vector<int> partners(40, 0);
  for (const auto& [a, b] : isolated_pairs(40))
    ++partners[static_cast<std::size_t>(a)], ++partners[static_cast<std::size_t>(b)];
  EXPECT_THAT(partners, testing::Each(4));
}

TEST(PairPlan, AHalvingPairsEverybodyOnce) {
  for (const int nodes : {2, 7, 8}) {
    std::set<int> busy;
    for (const auto& [a, b] : random_halving(nodes, 3)) busy.insert({a, b});
    EXPECT_EQ(busy.size(), static_cast<std::size_t>(nodes / 2 * 2));
  }
  EXPECT_NE(random_halving(8, 1), random_halving(8, 2));
}

TEST(PairAttribution, MedianPolishTakesAMadeMatrixApart) {
  PairMatrix times(5, std::vector<double>(5, NAN));
  const std::vector<double> send = {0, 0, 0.7, 0, 0}, receive = {0, 0, 0, 0.4, 0};
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j < 5; ++j)
      if (i != j) times[i][j] = std::exp(-3 + send[i] + receive[j]);
  const Polished fit = median_polish(times);
  EXPECT_NEAR(fit.overall, -3, 1e-6);
  EXPECT_NEAR(fit.send[2], 0.7, 1e-6);
  EXPECT_NEAR(fit.receive[3], 0.4, 1e-6);
  EXPECT_NEAR(fit.link[0][1], 0, 1e-6);
}

TEST(PairAttribution, AnEvenFabricHasNoSuspects) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    EXPECT_TRUE(suspects(even_matrix(8, 1e-2, 0.01, seed), least_bandwidth_factor).empty()) << seed;
    EXPECT_TRUE(suspects(even_matrix(8, 2e-5, 0.2, seed), least_latency_factor).empty()) << seed;
  }
}

TEST(PairAttribution, ASlowSenderIsNamedAndNobodyElse) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    PairMatrix times = even_matrix(8, 1e-2, 0.01, seed);
    for (double& time : times[3]) time *= 2.4;
    const auto list = suspects(times, least_bandwidth_factor);
    ASSERT_EQ(list.size(), 1U) << seed;
    EXPECT_EQ(list[0].kind, Suspect::Kind::sender);
    EXPECT_EQ(list[0].node, 3);
    EXPECT_NEAR(list[0].factor, 2.4, 0.1);
  }
}

TEST(PairAttribution, ANodeThatIsSlowBothWaysIsOneVerdict) {
  PairMatrix times = even_matrix(8, 1e-2, 0.01, 5);
  for (std::size_t other = 0; other < 8; ++other) {
    times[2][other] *= 5;
    times[other][2] *= 5;
  }
  const auto list = suspects(times, least_bandwidth_factor);
  ASSERT_EQ(list.size(), 2U);
  const auto words = verdicts(list, {"n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"});
  ASSERT_EQ(words.size(), 1U);
  EXPECT_THAT(words[0], testing::HasSubstr("node n2 is slow to send and receive"));
}

TEST(PairAttribution, ABadLinkIsNotBlamedOnItsNodes) {
  PairMatrix times = even_matrix(6, 1e-2, 0.01, 9);
  times[1][4] *= 3;
  const auto list = suspects(times, least_bandwidth_factor);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].kind, Suspect::Kind::link);
  EXPECT_THAT(verdicts(list, {"a", "b", "c", "d", "e", "f"})[0],
              testing::HasSubstr("the link from b to e is slow"));
}

TEST(PairAttribution, AHealthyTimeLeavesOutWhatTheSuspectIsAccusedOf) {
  // Every message 1 s; twice as long from node 1, three times to node 2.
  const Polished fit{
      .overall = 0, .send = {0, std::log(2.0), 0}, .receive = {0, 0, std::log(3.0)}, .link = {}};
  using Kind = Suspect::Kind;
  EXPECT_NEAR(time_if_healthy(fit, {.kind = Kind::sender, .node = 1}, 1, 2), 3, 1e-12);
  EXPECT_NEAR(time_if_healthy(fit, {.kind = Kind::receiver, .node = 2}, 1, 2), 2, 1e-12);
  EXPECT_NEAR(time_if_healthy(fit, {.kind = Kind::link, .node = 1, .other = 2}, 1, 2), 6, 1e-12);
}

TEST(PairSamples, WhatWasNotMeasuredIsLeftOut) {
  PairSamples samples(3, 2);
  samples.set(0, 1, {4, 2, 9});
  samples.set(2, 1, {5});
  EXPECT_THAT(samples.of(0, 1), testing::ElementsAre(4, 2));
  EXPECT_THAT(samples.of(1, 0), testing::IsEmpty());
  const PairMatrix least = samples.quantiles(0);
  EXPECT_EQ(least[0][1], 2);
  EXPECT_EQ(least[2][1], 5);
  EXPECT_TRUE(std::isnan(least[1][2]));
  EXPECT_EQ(samples.typical(), 4) << "the median of 3 and 5";
}

TEST(PairAttribution, ThreeNodesAreTooFewToBlameOne) {
  PairMatrix times = even_matrix(3, 1e-2, 0, 1);
  times[0][1] *= 10;
  EXPECT_TRUE(suspects(times, least_bandwidth_factor).empty());
}

TEST(PairAttribution, ConfirmationTakesTheMedianOfNewPartners) {
  EXPECT_TRUE(is_confirmed({2.4, 2.5, 1.0}, 1.1));
  EXPECT_FALSE(is_confirmed({1.0, 2.5, 1.01}, 1.1));
  EXPECT_FALSE(is_confirmed({}, 1.1));
}

}  // namespace
}  // namespace assay::network
