#include "benchmarks/workloads/gradient/schedules/core_split.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::workloads {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

/// Hosts of `ranks` ranks each, in order.
std::vector<network::Place> hosts(int count, int ranks, const std::vector<int>& cores) {
  std::vector<network::Place> places;
  for (int node = 0; node < count; ++node)
    for (int local = 0; local < ranks; ++local)
      places.push_back({.host = "host" + std::to_string(node),
                        .node = node,
                        .local_rank = local,
                        .cores = cores});
  return places;
}

/// Compute's and communication's core of every rank.
std::vector<std::pair<int, int>> splits(const std::vector<network::Place>& places) {
  std::vector<std::pair<int, int>> list;
  for (int rank = 0; rank < static_cast<int>(places.size()); ++rank) {
    const Outcome<CoreSplit> split = split_cores(places, rank);
    EXPECT_TRUE(split.has_value());
    list.emplace_back(split->compute, split->communication);
  }
  return list;
}

TEST(CoreSplit, TwoCoresPerRankAreOneOfEachKind) {
  EXPECT_THAT(splits(hosts(1, 2, {0, 2, 4, 6})), ElementsAre(Pair(0, 4), Pair(2, 6)));
  EXPECT_THAT(splits(hosts(2, 1, {0, 1})), ElementsAre(Pair(0, 1), Pair(0, 1)));
  // No more are kept than there are ranks to use them.
  EXPECT_THAT(splits(hosts(1, 1, {0, 1, 2, 3})), ElementsAre(Pair(0, 3)));
}

TEST(CoreSplit, FewerAreShared) {
  EXPECT_THAT(splits(hosts(1, 4, {0, 1, 2, 3})),
              ElementsAre(Pair(0, 2), Pair(1, 3), Pair(0, 2), Pair(1, 3)));
  EXPECT_THAT(splits(hosts(1, 3, {0, 1, 2})), ElementsAre(Pair(0, 2), Pair(1, 2), Pair(0, 2)));
  EXPECT_THAT(splits(hosts(1, 2, {5, 7})), ElementsAre(Pair(5, 7), Pair(5, 7)));
}

TEST(CoreSplit, ALaunchersBindingIsObeyed) {
  std::vector<network::Place> places = hosts(1, 2, {0, 1});
  places[1].cores = {2, 3};
  EXPECT_THAT(splits(places), ElementsAre(Pair(0, 1), Pair(2, 3)));
}

TEST(CoreSplit, RanksOfASubsetTakeTheCoresInTurn) {
  const std::vector<network::Place> all = hosts(1, 4, {0, 1, 2, 3});
  EXPECT_THAT(splits({all[0], all[2]}), ElementsAre(Pair(0, 2), Pair(1, 3)));
}

TEST(CoreSplit, IsRefusedByAllRanksWhereOneHostCannot) {
  std::vector<network::Place> places = hosts(2, 1, {0, 1});
  places[1].cores = {3};
  for (const int rank : {0, 1}) {
    const Outcome<CoreSplit> split = split_cores(places, rank);
    EXPECT_EQ(split.status(), Status::unsupported);
    EXPECT_THAT(split.reason(), HasSubstr("no core of host1 can be kept"));
    EXPECT_THAT(split.reason(), HasSubstr("one core"));
  }
  EXPECT_THAT(split_cores(hosts(1, 2, {}), 0).reason(), HasSubstr("not known"));
}

}  // namespace
}  // namespace assay::workloads
