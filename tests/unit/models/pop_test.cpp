#include "reports/models/laws/pop.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "probes/run/run_directory.hpp"

namespace assay::models {
namespace {

Record row(const char* metric, int ranks, int launch, double value, const char* scaling) {
  Record record;
  record.probe = "workload.gradient";
  record.metric = metric;
  record.unit = "s";
  record.ranks = ranks;
  record.launch = std::to_string(launch);
  record.scaling = scaling;
  return with_samples(record, {value});
}

/// One rank computes 8 s of 8 s; two ranks compute 5 s and 3 s of 6.25 s, twice.
RunData hand_worked(const char* scaling = "strong") {
  RunData run;
  run.records = {row("step_time", 1, 1, 8, scaling), row("compute_time", 1, 1, 8, scaling),
                 row("rank_compute_time", 1, 1, 8, scaling)};
  for (int launch : {1, 2})
    for (const Record& one :
         {row("step_time", 2, launch, 6.25, scaling), row("compute_time", 2, launch, 5, scaling),
          row("rank_compute_time", 2, launch, 5, scaling),
          row("rank_compute_time", 2, launch, 3, scaling)})
      run.records.push_back(one);
  return run;
}

TEST(Pop, FactorsOfAHandWorkedStudy) {
  const auto studies = pop_studies(hand_worked());
  ASSERT_EQ(studies.size(), 1u);
  const PopPoint& two = studies[0].points.at(1);
  EXPECT_EQ(two.ranks, 2);
  EXPECT_DOUBLE_EQ(two.load_balance.value, 0.8);
  EXPECT_DOUBLE_EQ(two.communication_efficiency.value, 0.8);
  EXPECT_NEAR(two.parallel_efficiency.value, 0.64, 1e-12);
  EXPECT_NEAR(two.compute_scalability.value, 1, 1e-12) << "8 s on one rank, 5 + 3 s on two";
  EXPECT_NEAR(two.global_efficiency.value, 0.64, 1e-12) << "the speedup 8/6.25 over 2";
  EXPECT_NEAR(two.load_balance.low, 0.8, 1e-12) << "both launches say the same";
  EXPECT_TRUE(std::isnan(studies[0].points.at(0).load_balance.low)) << "one launch";
}

TEST(Pop, WeakScalingComparesTheComputeOfARank) {
  const auto studies = pop_studies(hand_worked("weak"));
  EXPECT_NEAR(studies.at(0).points.at(1).compute_scalability.value, 2, 1e-12)
      << "8 s, then 4 s each";
}

TEST(Pop, AStatedLoadBalanceIsTakenAndAMissingOneLeavesTheRestKnown) {
  RunData run;
  run.records = {row("step_time", 4, 1, 2, "strong"), row("compute_time", 4, 1, 1, "strong")};
  const PopPoint alone = pop_studies(run).at(0).points.at(0);
  EXPECT_DOUBLE_EQ(alone.communication_efficiency.value, 0.5);
  EXPECT_TRUE(std::isnan(alone.load_balance.value));
  EXPECT_TRUE(std::isnan(alone.parallel_efficiency.value));
  run.records.push_back(row("load_balance", 4, 1, 0.9, "strong"));
  EXPECT_NEAR(pop_studies(run).at(0).points.at(0).parallel_efficiency.value, 0.45, 1e-12);
}

TEST(Pop, NothingWithoutComputeTimes) {
  RunData run;
  run.records = {row("step_time", 4, 1, 2, "strong")};
  EXPECT_TRUE(pop_studies(run).empty());
}

}  // namespace
}  // namespace assay::models
