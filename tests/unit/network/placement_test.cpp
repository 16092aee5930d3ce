#include "probes/network/launch/placement.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::network {
namespace {

std::vector<int> pus(const std::vector<Place>& places) {
  std::vector<int> list;
  for (const Place& place : places) list.push_back(place.pu);
  return list;
}

TEST(Placement, NodesCountInOrderOfTheirFirstRank) {
  const auto places =
      place_ranks({{"b", 1, {0}, {0, 1}}, {"a", 2, {0}, {0, 1}}, {"b", 3, {1}, {0, 1}}});
  EXPECT_EQ(places[0].node, 0);
  EXPECT_EQ(places[1].node, 1);
  EXPECT_EQ(places[2].node, 0);
  EXPECT_EQ(places[2].local_rank, 1);
}

TEST(Placement, ALaunchersOwnBindingIsKept) {
  EXPECT_THAT(pus(place_ranks({{"a", 1, {6, 7}, {0, 2, 4, 6}}, {"a", 2, {2, 3}, {0, 2, 4, 6}}})),
              testing::ElementsAre(6, 2));
}

TEST(Placement, RanksThatShareTheirBindingTakeTheCoresInTurn) {
  const std::vector<int> all = {0, 1, 2, 3};
  EXPECT_THAT(
      pus(place_ranks({{"a", 1, all, {0, 2}}, {"a", 2, all, {0, 2}}, {"a", 3, all, {0, 2}}})),
      testing::ElementsAre(0, 2, 0));
}

TEST(Placement, ARankKnowsTheCoresThatItMayUse) {
  const std::vector<int> all = {0, 1, 2, 3};
  const auto cores = [](const std::vector<RankHome>& homes) { return place_ranks(homes)[0].cores; };
  EXPECT_EQ(cores({{"a", 1, all, {0, 2}}}), (std::vector<int>{0, 2}));
  // What the launcher bound it to, a PU of each core: nobody else's.
  EXPECT_EQ(cores({{"a", 1, {2, 3, 4, 5}, {0, 2, 4, 6}}, {"a", 2, {6, 7}, {0, 2, 4, 6}}}),
            (std::vector<int>{2, 4}));
  // Of a machine's other hosts: none, and where hosts share cores nobody knows.
  EXPECT_EQ(cores({{"a", 1, all, all, "m"}, {"b", 1, all, all, "m"}, {"a", 2, all, all, "m"}}),
            (std::vector<int>{0, 2}));
  EXPECT_EQ(cores({{"a", 1, {0}, {0}, "m"}, {"b", 1, {0}, {0}, "m"}}), std::vector<int>{});
}

TEST(Placement, MoreRanksThanCoresOnAnyHostAreTooMany) {
  const std::vector<RankHome> homes = {
      {"a", 1, {}, {0, 1}}, {"b", 2, {}, {0}}, {"a", 3, {}, {0, 1}}, {"b", 4, {}, {0}}};
  EXPECT_FALSE(is_oversubscribed(homes, 3));
  EXPECT_TRUE(is_oversubscribed(homes, 4));
}

TEST(Placement, HostsOfOneMachineTakeDifferentCores) {
  const std::vector<int> all = {0, 1, 2, 3};
  EXPECT_THAT(pus(place_ranks({{"a", 1, all, all, "m"}, {"b", 1, all, all, "m"}})),
              testing::ElementsAre(0, 1));
  EXPECT_THAT(pus(place_ranks({{"a", 1, {0}, {0}, "m"}, {"b", 1, {1}, {1}, "m"}})),
              testing::ElementsAre(0, 1));
  EXPECT_THAT(pus(place_ranks({{"a", 1, all, all, "m"}, {"b", 1, all, all, "other"}})),
              testing::ElementsAre(0, 0));
}

TEST(Placement, ADisplacedRankTakesAFreeCoreBeforeItSharesOne) {
  const std::vector<int> all = {0, 1, 2, 3};
  EXPECT_THAT(
      pus(place_ranks({{"a", 1, all, all, "m"}, {"b", 1, all, all, "m"}, {"a", 2, all, all, "m"}})),
      testing::ElementsAre(0, 1, 2));
}

TEST(Placement, MoreHostsThanCoresOfAMachineAreNotPinned) {
  const std::vector<int> all = {0, 1};
  const auto places = place_ranks({{"a", 1, all, all, "m"},
                                   {"b", 1, all, all, "m"},
                                   {"c", 1, all, all, "m"},
                                   {"d", 1, all, all, "other"}});
  EXPECT_THAT(pus(places), testing::ElementsAre(-1, -1, -1, 0));
  EXPECT_TRUE(has_unpinned(places));
}

TEST(Placement, ALostWriterIsSpokenForByAnotherHost) {
  const auto places_on = [](const std::vector<int>& nodes) {
    std::vector<Place> places;
    for (const int node : nodes) places.push_back({"", node, 0, 0});
    return places;
  };
  EXPECT_EQ(spokesman(places_on({0, 0, 1, 2}), 2), 0);
  EXPECT_EQ(spokesman(places_on({0, 0, 1, 2}), 0), 2);
  EXPECT_EQ(spokesman(places_on({0, 0}), 0), 1);
}

TEST(Placement, AHomeSurvivesTheExchange) {
  const RankHome home =
      decode_home(encode(RankHome{"node-7.local", 123, {4, 5}, {0, 2, 4}, "boot"}));
  EXPECT_EQ(home.host, "node-7.local");
  EXPECT_EQ(home.pid, 123);
  EXPECT_EQ(home.bound, (std::vector<int>{4, 5}));
  EXPECT_EQ(home.cores, (std::vector<int>{0, 2, 4}));
  EXPECT_EQ(home.machine, "boot");
  EXPECT_TRUE(decode_home(encode(RankHome{"x", 1, {}, {}})).bound.empty());
}

}  // namespace
}  // namespace assay::network
