#include "benchmarks/suite/study.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "benchmarks/suite/options.hpp"
#include "probes/core/errors.hpp"

namespace assay::suite {
namespace {

TEST(Study, EveryPointIsLaunchedAndTheFirstIsRepeatedLast) {
  const auto order = study_order({1, 2, 4}, 3, 7);
  ASSERT_EQ(order.size(), 10u);
  EXPECT_EQ(order.back().ranks, order.front().ranks);
  EXPECT_EQ(order.back().launch, 4);
  std::map<int, int> launches;
  for (const StudyPoint& point : order) ++launches[point.ranks];
  for (int ranks : {1, 2, 4})
    EXPECT_EQ(launches[ranks], ranks == order.front().ranks ? 4 : 3) << ranks;
}

TEST(Study, OrderDependsOnTheSeedOnly) {
  EXPECT_EQ(study_order({1, 2, 4, 8}, 5, 3), study_order({1, 2, 4, 8}, 5, 3));
  EXPECT_NE(study_order({1, 2, 4, 8}, 5, 3), study_order({1, 2, 4, 8}, 5, 4));
  auto order = study_order({1, 2, 4, 8}, 1, 2);
  order.pop_back();
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end(), [](auto a, auto b) {
    return a.ranks < b.ranks;
  })) << "seed 2 was chosen because it shuffles";
}

TEST(Study, DefaultRankCountsAreThePowersOfTwoAndTheMost) {
  EXPECT_EQ(default_rank_counts(1), (std::vector<int>{1}));
  EXPECT_EQ(default_rank_counts(4), (std::vector<int>{1, 2, 4}));
  EXPECT_EQ(default_rank_counts(6), (std::vector<int>{1, 2, 4, 6}));
}

TEST(Study, RankListsAreParsedStrictly) {
  EXPECT_EQ(parse_rank_counts("4,1,2,2"), (std::vector<int>{1, 2, 4}));
  EXPECT_TRUE(parse_rank_counts("").empty());
  for (const char* wrong : {"1,x", "0", "-1", "1,,2", "2.5"})
    EXPECT_THROW((void)parse_rank_counts(wrong), UsageError) << wrong;
}

}  // namespace
}  // namespace assay::suite
