// The planning formulas against hand-worked cases.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "reports/models/laws/tiers.hpp"
#include "reports/models/money/ceilings.hpp"
#include "reports/models/money/crossover.hpp"
#include "reports/models/money/failure.hpp"
#include "reports/models/money/grid.hpp"
#include "reports/models/money/memory_ceiling.hpp"
#include "reports/models/money/tail_latency.hpp"
#include "reports/models/money/target.hpp"

namespace assay::models {
namespace {

TEST(Tax, SmallestNodesIsTheSmallestThatIsEnough) {
  for (const TaxForm form : {TaxForm::linear, TaxForm::log2})
    for (double c : {0.0, 0.01, 0.03, 0.5, 2.0}) {
      const Tax tax{c, form};
      for (double speed = 0.5; speed < 40; speed += 0.75) {
        const auto nodes = tax.smallest_nodes(speed);
        EXPECT_EQ(nodes.has_value(), speed <= 1 || speed < tax.wall());
        if (!nodes) continue;
        EXPECT_GE(tax.effective_speed(*nodes), std::min(speed, 1.0) * (1 - 1e-9));
        if (speed > 1) {
          EXPECT_GE(tax.effective_speed(*nodes), speed * (1 - 1e-9));
          EXPECT_LT(tax.effective_speed(*nodes - 1), speed) << c << " " << speed;
        }
      }
    }
}

TEST(Tax, TheWallIsNeverReached) {
  const Tax tax{0.03, TaxForm::linear};
  EXPECT_NEAR(tax.wall(), 100 / 3.0, 1e-12);
  EXPECT_FALSE(tax.smallest_nodes(tax.wall()));
  EXPECT_LT(tax.effective_speed(1e12), tax.wall());
  EXPECT_TRUE(std::isinf((Tax{0.03, TaxForm::log2}).wall()));
}

TEST(Crossover, IntervalOfTheCrossoverComesFromTheDraws) {
  CrossoverQuestion question{.work = 1e6,
                             .up_speed = 6,
                             .up_price = 18,
                             .node_price = 2,
                             .tax = {0.04, TaxForm::linear},
                             .nodes = {2, 4}};
  EXPECT_EQ(crossover(question).last_cheaper, 13);  // 1 + 0.04 (K-1) < 1.5
  for (int i = 0; i <= 100; ++i) question.tax_draws.push_back(0.02 + 0.0004 * i);
  const CrossoverAnswer answer = crossover(question);
  EXPECT_NEAR(answer.last_cheaper_interval.low, 9, 1.01);
  EXPECT_NEAR(answer.last_cheaper_interval.high, 25, 1.01);
  EXPECT_EQ(answer.rows[1].beats_probability, 1);
  EXPECT_LT(answer.rows[1].cost.low, answer.rows[1].cost.high);
}

TEST(Crossover, NamesTheCheapestWithinTheDeadline) {
  CrossoverQuestion question{.work = 1e6,
                             .up_speed = 6,
                             .up_price = 18,
                             .node_price = 2,
                             .tax = {0.04, TaxForm::linear},
                             .nodes = {2, 4, 8, 16, 32, 64},
                             .deadline = 30};
  CrossoverAnswer answer = crossover(question);
  ASSERT_TRUE(answer.cheapest_in_time);
  EXPECT_EQ(answer.rows[*answer.cheapest_in_time].nodes, 16);
  question.deadline = 1;
  EXPECT_FALSE(crossover(question).cheapest_in_time);
}

TEST(Target, BeyondBothLimitsNobodyWins) {
  const NodePricing pricing{
      .rate = 1000, .price = 2, .curvature = 0.9, .max_size = 8, .floor = 1.5};
  const TargetRow row = cheapest_for_target(40000, pricing, {0.03, TaxForm::linear});
  EXPECT_TRUE(std::isinf(row.vertical_price));
  EXPECT_TRUE(std::isinf(row.horizontal_price));
  EXPECT_FALSE(row.nodes);
  EXPECT_EQ(row.winner, "none");
  EXPECT_EQ(saturation_rate(pricing, {0.03, TaxForm::linear}), 1000 / 0.03);
  EXPECT_TRUE(cheapest_for_target(40000, pricing, {0.03, TaxForm::log2}).nodes);
}

TEST(Grid, OnlyTheTaxMovesTheSweetSpotUpwards) {
  const NodePricing pricing{.rate = 1000, .price = 2, .curvature = 0.3, .max_size = 8};
  std::vector<double> nodes;
  for (int n = 1; n <= 200; ++n) nodes.push_back(n);
  const std::vector<double> sizes{1, 2, 4, 8};
  const GridAnswer taxed = grid(sizes, nodes, pricing, {0.1, TaxForm::linear}, 8000);
  ASSERT_TRUE(taxed.sweet_spot && taxed.sweet_spot_untaxed);
  EXPECT_GT(taxed.cells[*taxed.sweet_spot].size, 1);
  EXPECT_EQ(taxed.cells[*taxed.sweet_spot_untaxed].size, 1);
  const GridAnswer untaxed = grid(sizes, nodes, pricing, {0, TaxForm::linear}, 8000);
  EXPECT_EQ(untaxed.cells[*untaxed.sweet_spot].size, 1);
  // By hand: 2 nodes of size 4: 2 x 4000/1.1 per s, 2 x 2 x 4^1.3 per hour.
  const GridCell& cell = taxed.cells[2 * nodes.size() + 1];
  EXPECT_NEAR(cell.rate, 8000 / 1.1, 1e-9);
  EXPECT_NEAR(cell.price, 4 * std::pow(4, 1.3), 1e-9);
  EXPECT_FALSE(cell.reaches_target);
}

TEST(Memory, CountsReplicatedStateAndBuffers) {
  const Bytes node(80e9);
  EXPECT_EQ(*smallest_nodes_for_memory({.working_set = Bytes(400e9)}, node), 5);
  EXPECT_EQ(
      *smallest_nodes_for_memory(
          {.working_set = Bytes(400e9), .replicated = Bytes(10e9), .buffers = Bytes(6e9)}, node),
      7);  // 400/64 = 6.25
  const auto never =
      smallest_nodes_for_memory({.working_set = Bytes(1e9), .replicated = Bytes(80e9)}, node);
  ASSERT_FALSE(never);
  EXPECT_NE(never.reason().find("no number of nodes"), std::string::npos);
}

TEST(Failure, IsYoungsOptimumWhereCheckpointsAreShort) {
  // 1,000 nodes of 5 years each: a failure every 43.8 h; 60 s checkpoints every sqrt(2 x 60 x
  // 157680) s.
  const auto tax = failure_tax(1000, Seconds(5 * 365 * 86400.0), Seconds(60), Seconds(300));
  ASSERT_TRUE(tax);
  EXPECT_DOUBLE_EQ(tax->system_mtbf.value(), 157680);
  EXPECT_NEAR(tax->checkpoint_interval.value(), 4349.8966, 45);
  EXPECT_NEAR(tax->lost_share, std::sqrt(120 / 157680.0) + 300 / 157680.0, 5e-4);
}

TEST(Failure, RefusesWhatNobodyShouldPlanOn) {
  EXPECT_FALSE(failure_tax(1000, Seconds(100000), Seconds(11), Seconds(0)));   // delta > M/10
  EXPECT_FALSE(failure_tax(1000, Seconds(100000), Seconds(1), Seconds(300)));  // e^-3 is left
  EXPECT_NEAR(failure_tax(1000, Seconds(100000), Seconds(0), Seconds(100))->lost_share,
              1 - std::exp(-1), 1e-12);
}

/// Mean time of `jobs` simulated jobs over their work: segments of work and a checkpoint, begun
/// again after each failure and a restart, which may fail as well.
double simulated_factor(double mtbf, double interval, double checkpoint, double restart, int jobs) {
  std::mt19937_64 engine(7);
  std::exponential_distribution<double> time_to_failure(1 / mtbf);
  constexpr int segments = 40;
  double total = 0;
  for (int job = 0; job < jobs; ++job) {
    double left = time_to_failure(engine);  // until the next failure
    const auto survives = [&](double span) {
      total += std::min(span, left);
      if (left >= span) {
        left -= span;
        return true;
      }
      left = time_to_failure(engine);
      return false;
    };
    for (int segment = 0; segment < segments; ++segment)
      while (!survives(interval + checkpoint))
        while (!survives(restart)) {
        }
  }
  return total / (jobs * segments * interval);
}

TEST(Failure, AgreesWithTenThousandSimulatedJobs) {
  struct Case {
    double checkpoint, restart;  // shares of the time between failures
  };
  for (const Case& one : {Case{0.001, 0.001}, Case{0.01, 0.02}, Case{0.05, 0.1}, Case{0.1, 0.3}}) {
    const auto tax =
        failure_tax(10, Seconds(1e6), Seconds(one.checkpoint * 1e5), Seconds(one.restart * 1e5));
    ASSERT_TRUE(tax);
    const double simulated = simulated_factor(1e5, tax->checkpoint_interval.value(),
                                              one.checkpoint * 1e5, one.restart * 1e5, 10'000);
    EXPECT_NEAR(1 / (1 - tax->lost_share) / simulated, 1, 0.02) << one.checkpoint;
    // No other interval does better.
    for (const double other : {0.7, 1.4}) {
      EXPECT_GT(simulated_factor(1e5, other * tax->checkpoint_interval.value(),
                                 one.checkpoint * 1e5, one.restart * 1e5, 10'000),
                simulated * 0.998);
    }
  }
}

TEST(TailLatency, OneInAHundredIsMostOfAHundred) {
  EXPECT_NEAR(slow_probability(0.01, 100), 0.633968, 1e-6);
  EXPECT_NEAR(slow_probability(1e-12, 1e6), 1e-6, 1e-11);
}

TEST(TailLatency, DoesNotInventATailNobodySaw) {
  std::vector<double> samples;
  for (int i = 1; i <= 1000; ++i) samples.push_back(i);
  EXPECT_TRUE(slowest_quantile(samples, 0.5, 10));
  EXPECT_NEAR(*slowest_quantile(samples, 0.5, 10), 1000 * std::pow(0.5, 0.1), 1);
  EXPECT_FALSE(slowest_quantile(samples, 0.99, 100));
}

TEST(Ceilings, TheWorkedExample) {
  CeilingQuestion question{.pressures = {0.30, 0.40, 0.10, 0.95, 0.55, 0.05},
                           .data_ceiling = 0.30,
                           .model_ceiling = 0.10,
                           .throughput_ceiling = 0.95,
                           .lookups = 6,
                           .lookup_time = 0.4e-3,
                           .latency_budget = 20e-3};
  CeilingAnswer answer = which_ceiling(question);
  EXPECT_EQ(answer.binding, "throughput");
  EXPECT_EQ(answer.distribute, (std::vector{Axis::inference, Axis::coordination}));
  EXPECT_NEAR(answer.tax, 2.4e-3, 1e-12);
  EXPECT_NEAR(*answer.budget_left, 17.6e-3, 1e-12);
  EXPECT_NEAR(*answer.fan_out_limit, 50, 1e-9);
  EXPECT_EQ(answer.topology, "centralised");
  EXPECT_EQ(answer.mode, "interactive");
  EXPECT_EQ(answer.dominant_metric, "tail latency");
  EXPECT_TRUE(answer.model_on_one_node);
  EXPECT_FALSE(answer.one_machine_is_enough);
  question.lookups = 50;
  EXPECT_NEAR(*which_ceiling(question).budget_left, 0, 1e-12);
}

TEST(Ceilings, OneMachineIsEnoughWhenNothingBinds) {
  const CeilingAnswer answer =
      which_ceiling({.pressures = {0.1, 0.2, 0.1, 0.3, 0.1, 0}, .data_ceiling = 0.1});
  EXPECT_TRUE(answer.one_machine_is_enough);
  EXPECT_EQ(answer.topology, "single");
  EXPECT_TRUE(answer.binding.empty());
}

TEST(Tiers, OneExchangeOfAGigaGradient) {
  // 10^9 gradients of 4 bytes over 10 GB/s: 0.4 s once, 2 (N-1)/N of that in an all-reduce.
  const std::vector<NetworkTier> wire{
      {.name = "net", .alpha = Seconds(0), .bandwidth = BytesPerSecond(10e9)}};
  const TieredStep step{.bytes = Bytes(4e9)};
  EXPECT_NEAR(predict_step(step, wire, 2).communication.value(), 0.4, 1e-9);
  EXPECT_NEAR(predict_step(step, wire, 1000).communication.value(), 0.8 * 999 / 1000, 1e-9);
}

TEST(Tiers, OversubscriptionCostsWhereTheTierIsCrossed) {
  const auto time = [](double ranks, double oversubscription) {
    const std::vector<NetworkTier> tiers{
        {.name = "node", .members = 8, .alpha = Seconds(1e-6), .bandwidth = BytesPerSecond(100e9)},
        {.name = "rack",
         .alpha = Seconds(5e-6),
         .bandwidth = BytesPerSecond(10e9),
         .oversubscription = oversubscription}};
    return predict_step({.parallel = Seconds(1), .bytes = Bytes(1e9)}, tiers, ranks)
        .communication.value();
  };
  EXPECT_EQ(time(8, 1), time(8, 4));
  EXPECT_GT(time(64, 4), 2 * time(64, 1));
  const Reach reach{.largest = 8, .tiers = {{"node", 8}}};
  const std::vector<NetworkTier> one{
      {.name = "node", .alpha = Seconds(1e-6), .bandwidth = BytesPerSecond(1e9)}};
  EXPECT_EQ(predict_step({.parallel = Seconds(1)}, one, 8, &reach).label, Label::measured);
  EXPECT_EQ(predict_step({.parallel = Seconds(1)}, one, 9, &reach).label, Label::scenario);
}

}  // namespace
}  // namespace assay::models
