// The one decision against answers worked out by hand from the clocks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "reports/decision/words.hpp"
#include "tests/unit/decision/made_decision.hpp"

namespace assay::decision {
namespace {

using testing::HasSubstr;

std::string all_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

/// 1 s, 0.6 s and 0.4 s on 1, 2 and 4 nodes at 3 EUR an hour: a job of 3600 steps takes 1 h, 0.6 h
/// and 0.4 h, and costs 3, 3.6 and 4.8 EUR.
RunData three_counts() {
  return run_of({{1, 1, around(1)}, {2, 2, around(0.6)}, {4, 4, around(0.4)}});
}

TEST(Decision, IsTheCheapestThatMeetsTheDeadlineByTheClocks) {
  const models::PriceList prices = prices_of({type_of("small", 3)});
  struct Case {
    double deadline, nodes;
  };
  for (const Case& one : {Case{4000, 1}, Case{3000, 2}, Case{1600, 4}}) {
    const Answer answer(
        three_counts(), prices,
        {.job = {.steps = 3600, .deadline = one.deadline}, .node_counts = {1, 2, 4}});
    ASSERT_NE(answer.decision.point(), nullptr) << one.deadline;
    EXPECT_EQ(answer.decision.point()->nodes, one.nodes) << one.deadline;
    EXPECT_EQ(exit_code(answer.decision), ExitCode::done);
  }
  const Answer late(three_counts(), prices,
                    {.job = {.steps = 3600, .deadline = 600}, .node_counts = {1, 2, 4}});
  EXPECT_EQ(late.decision.point(), nullptr);
  EXPECT_EQ(exit_code(late.decision), ExitCode::inconclusive);
  EXPECT_THAT(headline(late.decision), HasSubstr("No configuration meets the deadline"));
}

/// Ten pairs of price and deadline, each of its own noise: what the decision buys is what the
/// clocks without noise say is the cheapest of those in time.
TEST(Decision, BuysByTheClockForTenPricesAndDeadlines) {
  const auto truth = [](double nodes) { return 0.05 + 0.95 / nodes; };
  constexpr double steps = 3600;
  // The counts take 3600, 1890, 1035 and 608 s: no deadline is within a tenth of one of them.
  const std::vector<double> deadlines{4000, 2200, 1200, 700, 2700};
  int right = 0, pair = 0;
  for (const double floor_price : {0.0, 3.0})
    for (const double deadline : deadlines) {
      std::mt19937_64 engine(static_cast<std::uint64_t>(++pair));
      std::normal_distribution<double> noise(0, 0.01);
      std::vector<Timed> points;
      for (const std::int64_t nodes : {1, 2, 4, 8}) {
        Timed& at = points.emplace_back(Timed{nodes, nodes, {}});
        for (int launch = 0; launch < 5; ++launch)
          at.times.push_back(truth(static_cast<double>(nodes)) * std::exp(noise(engine)));
      }
      models::NodeType type = type_of("node", 1.5 + pair);
      type.coordination_floor_per_hour = floor_price;
      const Answer answer(
          run_of(points), prices_of({type}),
          {.job = {.steps = steps, .deadline = deadline}, .node_counts = {1, 2, 4, 8}});
      double best = 0, lowest = std::numeric_limits<double>::infinity();
      for (const double nodes : {1.0, 2.0, 4.0, 8.0}) {
        const double cost = truth(nodes) * models::price_per_hour(type, nodes);
        if (steps * truth(nodes) <= deadline && cost < lowest) lowest = cost, best = nodes;
      }
      ASSERT_NE(answer.decision.point(), nullptr) << deadline;
      right += answer.decision.point()->nodes == best ? 1 : 0;
    }
  EXPECT_EQ(pair, 10);
  EXPECT_EQ(right, 10);
}

TEST(Decision, CostsWhatTheClocksSay) {
  const Answer answer(three_counts(), prices_of({type_of("small", 3)}),
                      {.job = {.steps = 3600}, .node_counts = {1, 2, 4}});
  EXPECT_NEAR(answer.at(1).cost.value, 3.0, 0.03);
  EXPECT_NEAR(answer.at(2).cost.value, 3.6, 0.04);
  EXPECT_NEAR(answer.at(4).cost.value, 4.8, 0.05);
  // Without a deadline: the cheapest, and beside it where cost x time is lowest (0.4 x 4.8).
  EXPECT_EQ(answer.decision.point()->nodes, 1);
  ASSERT_TRUE(answer.decision.balanced);
  EXPECT_EQ(answer.decision.cost->points[*answer.decision.balanced].nodes, 4);
}

/// Two ranks per node, on one, two and four nodes: one node is two ranks, not one.
TEST(Decision, RanksPerNodeAreThoseThatWereMeasured) {
  const Answer answer(run_of({{2, 1, around(1)}, {4, 2, around(0.6)}, {8, 4, around(0.4)}}),
                      prices_of({type_of("small", 3)}),
                      {.job = {.steps = 3600}, .node_counts = {1, 2, 4}});
  EXPECT_EQ(answer.decision.placement.ranks_per_node, 2);
  EXPECT_TRUE(answer.decision.placement.known);
  EXPECT_EQ(answer.at(4).ranks, 8);
  EXPECT_NEAR(answer.at(4).cost.value, 4.8, 0.05);
  EXPECT_THAT(all_of(sentences(answer.decision)),
              HasSubstr("2 ranks per node, the most that was measured"));
}

TEST(Decision, APlacementThatNobodyKnowsIsSaidToBeAssumed) {
  const Answer answer(run_of({{1, 0, around(1)}, {2, 0, around(0.6)}, {4, 0, around(0.4)}}),
                      prices_of({type_of("small", 3)}), {.job = {.steps = 3600}});
  EXPECT_FALSE(answer.decision.placement.known);
  EXPECT_THAT(all_of(sentences(answer.decision)), HasSubstr("one rank per node is assumed"));
  const Answer stated(run_of({{1, 0, around(1)}, {2, 0, around(0.6)}, {4, 0, around(0.4)}}),
                      prices_of({type_of("small", 3)}),
                      {.job = {.steps = 3600, .ranks_per_node = 2}, .node_counts = {1, 2}});
  EXPECT_TRUE(stated.decision.placement.known);
  EXPECT_EQ(stated.at(2).ranks, 4);
}

/// Weak scaling at no loss: four nodes do four times the work in a step, so that a job takes a
/// quarter of the time and costs the same.
TEST(Decision, WeakScalingCostsPerUnitOfWork) {
  const Answer answer(run_of({{1, 1, around(1)}, {2, 2, around(1)}, {4, 4, around(1.2)}}, "weak"),
                      prices_of({type_of("small", 3)}),
                      {.job = {.steps = 3600}, .node_counts = {1, 2, 4}});
  EXPECT_NEAR(answer.at(1).time.value, 3600, 40);
  EXPECT_NEAR(answer.at(2).time.value, 1800, 20);
  EXPECT_NEAR(answer.at(2).cost.value, 3.0, 0.03);
  EXPECT_NEAR(answer.at(4).time.value, 1080, 12);
  EXPECT_NEAR(answer.at(4).cost.value, 3.6, 0.04);
  EXPECT_THAT(all_of(sentences(answer.decision)),
              HasSubstr("weak scaling: a step on N ranks does"));
}

TEST(Decision, AFailedCheckIsNoVerdict) {
  RunData run = three_counts();
  run.run["checks"] = nlohmann::json::array({{{"name", "swap"},
                                              {"host", "n1"},
                                              {"verdict", "failed"},
                                              {"finding", "4096 pages were swapped in"},
                                              {"advice", "close other programs"}}});
  const Answer answer(std::move(run), prices_of({type_of("small", 3)}),
                      {.job = {.steps = 3600}, .node_counts = {1, 2, 4}});
  EXPECT_EQ(answer.decision.verdict, Verdict::no_verdict);
  EXPECT_EQ(exit_code(answer.decision), ExitCode::environment_differs);
  const std::string text = all_of(sentences(answer.decision));
  EXPECT_THAT(text, HasSubstr("NO VERDICT: 1 validity check failed (swap)"));
  EXPECT_THAT(text, HasSubstr("4096 pages were swapped in"));
}

/// One EUR for a node against 1.67 EUR for one that is 1.67 times as fast by the price list: the
/// same cost, from the same launches.
TEST(Decision, TiesAreNamed) {
  const models::PriceList prices = prices_of({type_of("a", 3), type_of("b", 3), type_of("c", 30)});
  const Answer answer(three_counts(), prices, {.job = {.steps = 3600}, .node_counts = {1}});
  ASSERT_EQ(answer.decision.tied.size(), 1U);
  EXPECT_EQ(answer.decision.cost->points[answer.decision.tied.front()].node_type, "b");
  EXPECT_EQ(exit_code(answer.decision), ExitCode::done);
  const std::string said = ties_text(answer.decision);
  EXPECT_THAT(said, HasSubstr("Cannot be told apart by cost: 1 x b"));
  EXPECT_THAT(said, testing::Not(HasSubstr("1 x c")));
}

/// Each of two types by its own clock: the price list's speed of the second would make it the
/// cheaper one, its launches say that it is not.
TEST(Decision, ATypeThatWasMeasuredIsItsOwnClock) {
  const RunData small = three_counts();
  const RunData large = run_of({{1, 1, around(0.9)}, {2, 2, around(0.5)}});
  const models::Analysis of_small = models::analyse(small), of_large = models::analyse(large);
  const models::PriceList prices = prices_of({type_of("small", 3), type_of("large", 6, 4)});
  const Inquiry inquiry{.job = {.steps = 3600}, .node_counts = {1}};
  const Decision both =
      decide({{"small", &small, &of_small}, {"large", &large, &of_large}}, &prices, inquiry);
  ASSERT_NE(both.point(), nullptr);
  EXPECT_EQ(both.point()->node_type, "small");
  const auto own = std::find_if(both.cost->points.begin(), both.cost->points.end(),
                                [](const auto& point) { return point.node_type == "large"; });
  EXPECT_NEAR(own->cost.value, 0.9 * 6, 0.06);
  EXPECT_EQ(own->label, Label::measured);
  const Decision one = decide({{"small", &small, &of_small}}, &prices, inquiry);
  EXPECT_EQ(one.point()->node_type, "large");
  EXPECT_EQ(one.point()->label, Label::range);
}

/// T(N) = (1 + 0.02 (N-1) + 0.0004 N (N-1))/N is least at sqrt(0.98/0.0004) = 49.5 ranks.
TEST(Decision, SaysFromWhereOnMoreRanksAreSlower) {
  std::vector<Timed> points;
  for (std::int64_t n = 1; n <= 64; n *= 2) {
    const auto ranks = static_cast<double>(n);
    points.push_back(
        {n, n, around((1 + 0.02 * (ranks - 1) + 0.0004 * ranks * (ranks - 1)) / ranks)});
  }
  const Answer answer(run_of(points), prices_of({type_of("small", 3)}), {.job = {.steps = 3600}});
  const std::string& said = answer.decision.retrograde;
  EXPECT_THAT(said, testing::MatchesRegex("Beyond about [0-9]+ ranks \\([0-9]+ to [0-9]+\\) "
                                          "more are slower\\."));
  EXPECT_NEAR(std::stod(said.substr(13)), 49.5, 10);
  EXPECT_THAT(all_of(sentences(answer.decision)), HasSubstr(said));
}

/// A launch of double time is set aside by the laws; every other figure of its count, too.
TEST(Decision, ACountHasOneFigureWhateverItsOutliers) {
  const Answer answer(
      run_of({{1, 1, {0.995, 1, 1.005, 2}}, {2, 2, around(0.6)}, {4, 4, around(0.4)}}),
      prices_of({type_of("small", 3600)}), {.job = {.steps = 1}, .node_counts = {1, 2, 4}});
  const models::ScalingPoint& point = answer.decision.study->series.points.front();
  EXPECT_NEAR(models::typical_time(point), 1, 0.001);
  EXPECT_NEAR(answer.at(1).cost.value, models::typical_time(point), 1e-12);
}

TEST(Decision, ASubjectHasToNameOneStudy) {
  const RunData run = three_counts();
  const models::Analysis analysis = models::analyse(run);
  const models::PriceList prices = prices_of({type_of("small", 3)});
  EXPECT_THROW((void)decide({{"", &run, &analysis}}, &prices, {.subject = "nothing"}), InputError);
  EXPECT_NO_THROW((void)decide({{"", &run, &analysis}}, &prices, {.subject = "made"}));
}

TEST(Decision, ProbabilityBelowCountsTiesHalf) {
  EXPECT_DOUBLE_EQ(probability_below({1, 2}, {2, 3}), 0.875);
  EXPECT_DOUBLE_EQ(probability_below({1}, {1}), 0.5);
}

}  // namespace
}  // namespace assay::decision
