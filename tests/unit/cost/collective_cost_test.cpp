#include "probes/cost/collective_cost.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

constexpr Seconds alpha{2e-6};
constexpr SecondsPerByte beta{1e-9};
constexpr SecondsPerByte gamma_{0.25e-9};
const StepCosts costs = linear_step_costs(alpha, beta, gamma_);

/// a alpha + b m beta + c m gamma.
double formula(double a, double b, double c, double m) {
  return a * alpha.value() + b * m * beta.value() + c * m * gamma_.value();
}
double time_of(const CollectiveCost& cost) {
  return predict(cost, costs).value();
}

TEST(CollectiveCost, FollowsTheClosedFormsAtEightRanks) {
  const double m = 1 << 20;
  const CollectiveShape shape{.ranks = 8, .bytes = Bytes(m)};
  EXPECT_NEAR(time_of(ring_cost(shape)), formula(14, 2 * 7 / 8., 7 / 8., m), 1e-12);
  EXPECT_NEAR(time_of(recursive_doubling_cost(shape)), formula(3, 3, 3, m), 1e-12);
  EXPECT_NEAR(time_of(rabenseifner_cost(shape)), formula(6, 2 * 7 / 8., 7 / 8., m), 1e-12);
  EXPECT_NEAR(time_of(binomial_tree_cost(shape)), formula(6, 6, 3, m), 1e-12);
  EXPECT_NEAR(time_of(star_cost(shape)), formula(14, 14, 7, m), 1e-12);
  EXPECT_NEAR(time_of(direct_cost(shape)), formula(14, 2 * 7 / 8., 7 / 8., m), 1e-12);
  EXPECT_NEAR(time_of(one_shot_cost(shape)), formula(1, 7, 7, m), 1e-12);
  EXPECT_NEAR(time_of(all_reduce_lower_bound(shape)), formula(3, 2 * 7 / 8., 7 / 8., m), 1e-12);
  EXPECT_NEAR(time_of(reduce_scatter_cost(shape)), formula(7, 7 / 8., 7 / 8., m), 1e-12);
  EXPECT_NEAR(time_of(allgather_cost(shape)), formula(7, 7 / 8., 0, m), 1e-12);
  EXPECT_NEAR(time_of(broadcast_cost(shape)), formula(3 + 7, 2 * 7 / 8., 0, m), 1e-12);
  EXPECT_NEAR(time_of(broadcast_cost({.ranks = 8, .bytes = 1_KiB})), formula(3, 3, 0, 1024), 1e-12);
  EXPECT_NEAR(time_of(alltoall_cost(shape)), formula(7, 7 / 8., 0, m), 1e-12);
}

TEST(CollectiveCost, FoldsRankCountsThatAreNoPowerOfTwo) {
  const double m = 4096;
  const CollectiveShape shape{.ranks = 6, .bytes = Bytes(m)};  // p' = 4, l = 2
  EXPECT_NEAR(time_of(recursive_doubling_cost(shape)), formula(4, 4, 3, m), 1e-15);
  EXPECT_NEAR(time_of(rabenseifner_cost(shape)), formula(6, 2 * 3 / 4. + 2, 3 / 4. + 1, m), 1e-15);
  EXPECT_NEAR(time_of(binomial_tree_cost(shape)), formula(6, 6, 3, m), 1e-15);
}

TEST(CollectiveCost, SegmentsHideTheReductionWhereTheWireMovesByItself) {
  const double m = 4 << 20, p = 4, s = 128 << 10, k = m / (p * s);
  const CollectiveShape shape{.ranks = 4, .bytes = Bytes(m), .segment = Bytes(s)};
  const double hidden =
      (p - 1) * (2 * k * alpha.value() + 2 * m / p * beta.value() + s * gamma_.value());
  EXPECT_NEAR(time_of(ring_cost(shape)), hidden, 1e-12);

  StepCosts copying = costs;
  copying.overlap = 0;
  EXPECT_NEAR(predict(ring_cost(shape), copying).value(),
              formula(2 * (p - 1) * k, 2 * (p - 1) / p, (p - 1) / p, m), 1e-12);
}

TEST(CollectiveCost, DoubleTreeFollowsTheTwoTreeBound) {
  const double m = 1 << 20, k = 8, levels = 4;  // 9 ranks
  const CollectiveShape shape{.ranks = 9, .bytes = Bytes(m), .segment = Bytes(m / 2 / k)};
  EXPECT_NEAR(time_of(double_binary_tree_cost(shape)),
              (4 * levels + 4 * k) * (alpha.value() + m / (2 * k) * beta.value()), 1e-12);
}

TEST(CollectiveCost, ShardedServersTradeServerPortsAgainstWorkerPorts) {
  const double m = 1 << 20;
  const auto cost = [&](int servers) {
    return time_of(sharded_server_cost({.ranks = 8, .bytes = Bytes(m), .servers = servers}));
  };
  EXPECT_NEAR(cost(1), time_of(star_cost({.ranks = 8, .bytes = Bytes(m)})), 1e-12);
  EXPECT_NEAR(cost(4), formula(14, 2 * 7 / 4., 7 / 4., m), 1e-12);
  EXPECT_NEAR(cost(8), formula(16, 2, 0, m), 1e-12);
}

TEST(CollectiveCost, HierarchyUsesBothLanesAndSharesThePort) {
  const double m = 1 << 20;
  const CollectiveShape shape{.ranks = 8, .bytes = Bytes(m), .nodes = 2};  // q = 4
  const StepCosts fast = linear_step_costs(Seconds(1e-7), SecondsPerByte(1e-10), gamma_);
  const double inner = 6 * 1e-7 + 2 * 0.75 * m * 1e-10 + 0.75 * m * gamma_.value();
  const double outer = 2 * alpha.value() + 2 * (m / 8) * 4 * beta.value() + m / 8 * gamma_.value();
  EXPECT_NEAR(predict(hierarchical_cost(shape), costs, &fast).value(), inner + outer, 1e-12);
}

TEST(CollectiveCost, HierarchyDoublesShortSlicesAndCountsSharersOnce) {
  const CollectiveShape shape{.ranks = 16, .bytes = 64_KiB, .nodes = 4};  // slices of 16 KiB
  ASSERT_FALSE(hierarchy_uses_ring(shape.bytes / 4));
  const StepCosts free_inside = linear_step_costs(Seconds(0), SecondsPerByte(0), SecondsPerByte(0));
  const double slice = 16384;
  const auto outside = [&](double sharers) {
    return 2 * (alpha.value() + sharers * slice * beta.value() + slice * gamma_.value());
  };
  EXPECT_NEAR(predict(hierarchical_cost(shape), costs, &free_inside).value(), outside(4), 1e-12);
  // Measured with all ranks of the nodes sending: the port is shared in the message's time already.
  StepCosts loaded = costs;
  loaded.is_loaded = true;
  EXPECT_NEAR(predict(hierarchical_cost(shape), loaded, &free_inside).value(), outside(1), 1e-12);
}

TEST(CollectiveCost, SegmentsTakeNoLessThanTheWholeMessage) {
  StepCosts caching = costs;  // long messages leave the caches: twice the time per byte
  caching.message = [](Bytes size, int) {
    return alpha + size * beta * (size > 1_MiB ? 2.0 : 1.0);
  };
  caching.reduction = [](Bytes) { return Seconds(0); };
  const CollectiveShape shape{.ranks = 2, .bytes = 8_MiB, .segment = 128_KiB};
  EXPECT_NEAR(predict(ring_cost(shape), caching).value(),
              2 * (alpha + Bytes(4_MiB) * beta * 2.0).value(), 1e-12);
}

TEST(CollectiveCost, KnownOverheadMakesMessagesInFlightShareAStartUp) {
  StepCosts overlapping = costs;
  overlapping.overhead = Seconds(0.5e-6);
  const double m = 8192;
  const CollectiveShape shape{.ranks = 4, .bytes = Bytes(m)};
  const double extra =
      2 * (2e-6 - 0.5e-6);  // of the three messages of a phase, two cost only their overhead
  EXPECT_NEAR(predict(direct_cost(shape), overlapping).value(),
              time_of(direct_cost(shape)) - 2 * extra, 1e-15);
  EXPECT_NEAR(predict(one_shot_cost(shape), overlapping).value(),
              time_of(one_shot_cost(shape)) + 2 * 0.5e-6, 1e-15);
  EXPECT_NEAR(predict(ring_cost(shape), overlapping).value(), time_of(ring_cost(shape)), 1e-15);
}

TEST(CollectiveCost, AServerHasAnOverheadOfItsOwn) {
  StepCosts serving = costs;
  serving.overhead = Seconds(0.5e-6);
  serving.server_overhead = Seconds(0.25e-6);
  const CollectiveShape shape{.ranks = 4, .bytes = 8_KiB};
  const double less = 2 * 2 * 0.25e-6;  // two phases, each with two messages after the first
  StepCosts sharing = costs;
  sharing.overhead = serving.overhead;
  EXPECT_NEAR(predict(star_cost(shape), serving).value(),
              predict(star_cost(shape), sharing).value() - less, 1e-15);
  EXPECT_EQ(predict(direct_cost(shape), serving), predict(direct_cost(shape), sharing))
      << "everybody serves everybody";
}

TEST(CollectiveCost, MessagesUnderWayAtOnceTakeWhatTheWireTakes) {
  // A token bucket lets one short message pass for nothing, but not seven.
  StepCosts bucket = linear_step_costs(alpha, SecondsPerByte(0), SecondsPerByte(0));
  bucket.overhead = Seconds(0);
  bucket.wire = beta;
  const CollectiveShape shape{.ranks = 8, .bytes = 1_KiB};
  const double six = (6 * 1_KiB * beta).value();
  EXPECT_NEAR(predict(star_cost(shape), bucket).value(), 2 * (alpha.value() + six), 1e-15);
  EXPECT_NEAR(predict(one_shot_cost(shape), bucket).value(), alpha.value() + six, 1e-15);
  EXPECT_NEAR(predict(recursive_doubling_cost(shape), bucket).value(), 3 * alpha.value(), 1e-15);
}

TEST(CollectiveCost, SharedMemoryUsesTheInnerLaneOnly) {
  const StepCosts inner = linear_step_costs(Seconds(1e-7), SecondsPerByte(1e-10), gamma_);
  const auto time = [&](double m) {
    return predict(shared_memory_cost({.ranks = 4, .bytes = Bytes(m)}), costs, &inner).value();
  };
  EXPECT_NEAR(time(8), 1e-7 + 3 * 8 * 1e-10 + 3 * 8 * gamma_.value(), 1e-15);
  // m staged and 2 * 0.75 m fetched, where an exchange of m stages m and fetches m.
  EXPECT_NEAR(time(1 << 20), 2 * (16 * 1e-7 + 0.625 * (1 << 20) * 1e-10), 1e-12);
}

TEST(CollectiveCost, StepsCostWhatTheirPatternCosts) {
  StepCosts by_pattern = linear_step_costs(Seconds(1), SecondsPerByte(0), SecondsPerByte(0));
  const CollectiveShape shape{.ranks = 4, .bytes = 1_KiB};
  const auto time = [&](std::string_view algorithm) {
    return predict(all_reduce_cost(algorithm, shape), by_pattern).value();
  };
  EXPECT_EQ(time("recursive_doubling"), 2) << "unknown patterns cost what a shift does";
  by_pattern.swap = [](Bytes, int) { return Seconds(10); };
  by_pattern.one_way = [](Bytes, int) { return Seconds(100); };
  EXPECT_EQ(time("ring"), 6);
  EXPECT_EQ(time("recursive_doubling"), 20);
  EXPECT_EQ(time("rabenseifner"), 40);
  EXPECT_EQ(time("binomial_tree"), 400);
}

TEST(CollectiveCost, OneRankCostsNothing) {
  for (const CollectiveCostModel& model : all_reduce_cost_models())
    EXPECT_EQ(time_of(model.cost({.ranks = 1, .bytes = 1_MiB})), 0) << model.algorithm;
}

TEST(CollectiveCost, NothingBeatsTheLowerBoundInBytes) {
  for (const CollectiveCostModel& model : all_reduce_cost_models())
    for (const int p : {2, 3, 4, 7, 8, 16, 33}) {
      const CollectiveShape shape{.ranks = p, .bytes = 1_MiB, .servers = p};
      EXPECT_GE(all_reduce_cost(model.algorithm, shape).moved().value() * (1 + 1e-12),
                all_reduce_lower_bound(shape).moved().value())
          << model.algorithm << " p=" << p;
    }
}

TEST(CollectiveCost, StepsTakeTheCostOfTheirOwnSizeAndDistance) {
  StepCosts tiered = costs;
  tiered.message = [](Bytes size, int distance) {
    return Seconds(distance > 1 ? 10 : 1) + size * SecondsPerByte(size > 1_KiB ? 1 : 0);
  };
  tiered.reduction = [](Bytes) { return Seconds(0); };
  // rabenseifner, 4 ranks, 4 KiB: 2 KiB at distance 1, 1 KiB at distance 2, and back.
  EXPECT_NEAR(predict(rabenseifner_cost({.ranks = 4, .bytes = 4_KiB}), tiered).value(),
              2 * (1 + 2048) + 2 * 10, 1e-9);
}

TEST(CollectiveCost, BusBandwidthIsUndefinedForOneRank) {
  EXPECT_TRUE(std::isnan(all_reduce_bus_bandwidth(1, 1_MiB, 1_s).value()));
  EXPECT_DOUBLE_EQ(all_reduce_bus_bandwidth(4, Bytes(1e6), 1_ms).value(), 1.5e9);
}

TEST(CollectiveCost, StragglersMultiply) {
  EXPECT_NEAR(straggler_probability(0.01, 100), 1 - std::pow(0.99, 100), 1e-15);
  EXPECT_EQ(straggler_probability(0, 1000), 0);
}

/// As the file of a new algorithm would.
const bool toy_registered = register_all_reduce_cost(
    {.algorithm = "toy_of_a_test",
     .topology = "ring",
     .cost = ring_cost,
     .formula = "as ring",
     .segment = [](const CollectiveShape& shape) { return shape.bytes / 8; }});

TEST(CollectiveCost, ANewAlgorithmRegistersItsCostAndItsSegments) {
  ASSERT_TRUE(toy_registered);
  const CollectiveShape shape{.ranks = 2, .bytes = 1_MiB};
  EXPECT_EQ(pipeline_segment("toy_of_a_test", shape), 128_KiB);
  EXPECT_EQ(pipeline_segment("star", shape), 0_B) << "it does not segment";
  EXPECT_EQ(pipeline_segment("token_bus", shape), 0_B) << "nobody knows it";
  // p = 2: two steps of 512 KiB in four segments each.
  EXPECT_EQ(all_reduce_cost("toy_of_a_test", shape).startups(), 8);
  const auto& models = all_reduce_cost_models();
  EXPECT_TRUE(std::is_sorted(models.begin(), models.end(), [](const auto& a, const auto& b) {
    return a.algorithm < b.algorithm;
  }));
}

TEST(CollectiveCost, UnknownNamesAreNotFound) {
  EXPECT_EQ(find_all_reduce_cost("token_bus"), nullptr);
  ASSERT_NE(find_all_reduce_cost("ring"), nullptr);
  EXPECT_EQ(find_all_reduce_cost("ring")->topology, "ring");
}

}  // namespace
}  // namespace assay
