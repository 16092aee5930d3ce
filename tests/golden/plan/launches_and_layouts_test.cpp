// Launches that lie apart, layouts of ranks on nodes, several workloads in one file, and counts
// below those that were measured: what is bought, and with what probability.
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/golden/plan/plan_program.hpp"

namespace {

using assay::test::PlanProgram;
using assay::test::Result;

const std::string one_type = "name,price_per_hour,currency,as_of\nn,2,USD,2026-01-01\n";

struct Launches {
  int ranks, nodes;
  std::vector<double> times;
};

std::string csv_of(const std::vector<Launches>& all) {
  std::ostringstream csv;
  csv << "ranks,nodes,time\n";
  for (const Launches& at : all)
    for (const double time : at.times) csv << at.ranks << ',' << at.nodes << ',' << time << '\n';
  return csv.str();
}

/// Eight launches within 1 %.
std::vector<double> eight(double time) {
  std::vector<double> times;
  for (const double noise : {-0.9, 0.4, -0.2, 0.7, 0.1, -0.6, 0.9, -0.3})
    times.push_back(time * (1 + noise / 100));
  return times;
}

nlohmann::json row_at(const Result& result, int nodes, int ranks) {
  const auto json = nlohmann::json::parse(result.out, nullptr, false);
  if (json.is_object())
    for (const auto& one : json["rows"])
      if (one["nodes"] == nodes && one["ranks"] == ranks) return one;
  ADD_FAILURE() << nodes << " nodes, " << ranks << " ranks: not in\n" << result.out << result.error;
  return nullptr;
}

nlohmann::json bought(const Result& result) {
  const auto json = nlohmann::json::parse(result.out, nullptr, false);
  if (json.is_object())
    for (const auto& one : json["rows"])
      if (one["cheapest"] == 1) return one;
  return nullptr;
}

class Bought : public PlanProgram {
 protected:
  [[nodiscard]] Result buy(const std::string& csv, const std::string& more,
                           const std::string& prices = one_type) const {
    return plan("buy " + file("study.csv", csv) + " --prices " + file("prices.csv", prices) +
                " --steps 3600 --format json " + more);
  }
};

/// T = 0.05 + 0.95/n; on 8 nodes three of eight launches take 2.5 times as long.
std::vector<Launches> slow_at_eight() {
  std::vector<Launches> all;
  for (const int n : {1, 2, 4, 8, 16}) all.push_back({n, n, eight(0.05 + 0.95 / n)});
  for (const std::size_t i : {0, 1, 2}) all[3].times[i] *= 2.5;
  return all;
}

TEST_F(Bought, InTimeIsWhatTheLaunchesOfThatCountWere) {
  const Result result = buy(csv_of(slow_at_eight()), "--deadline 0.25h");
  // 3 of 8, and as if 3 more launches had the share of all, 3 of 40: 3.225 of 11.
  EXPECT_NEAR(row_at(result, 8, 8)["deadline_probability"], 1 - 3.225 / 11, 0.01);
  EXPECT_GT(row_at(result, 16, 16)["deadline_probability"], 0.95);
  EXPECT_EQ(bought(result)["nodes"], 16);
  const std::string note = row_at(result, 8, 8)["note"];
  EXPECT_NE(note.find("3 of 8 launches took about 2.49 times as long and are set aside"),
            std::string::npos)
      << note;
  EXPECT_NE(note.find("1.44 times the time shown on average"), std::string::npos) << note;
}

TEST_F(Bought, SlowLaunchesOfOneCountAreNotChargedToAnother) {
  std::vector<Launches> all = slow_at_eight();
  all = {all[1], all[2], all[3]};
  const Result result = buy(csv_of(all), "--deadline 0.3h");
  EXPECT_GT(row_at(result, 4, 4)["deadline_probability"], 0.95);
  EXPECT_EQ(bought(result)["nodes"], 4);
}

/// Typical times say 2 nodes; with the launch of 2.5 times the average job is dearer than on one.
TEST_F(Bought, TheCheapestIsThatOfTheAverageJob) {
  const Result result = buy(csv_of({{1, 1, {1, 1.01, 0.99, 1, 1.01, 0.99}},
                                    {2, 2, {0.44, 0.44, 0.44, 0.44, 0.44, 1.1}},
                                    {4, 4, {0.26, 0.261, 0.262, 0.26, 0.261, 0.262}}}),
                            "");
  EXPECT_NEAR(row_at(result, 2, 2)["total_cost"], 1.76, 0.01);
  EXPECT_EQ(bought(result)["nodes"], 1);
  // Nor is it a tie with what looks cheaper by its typical launches: 1.76, and 2.11 on the average.
  EXPECT_EQ(result.out.find("told apart by cost: 2 x n"), std::string::npos) << result.out;
}

TEST_F(Bought, ADeadlineNobodyMeetsIsAnAnswer) {
  std::vector<Launches> all;
  for (const auto& [n, time] :
       std::vector<std::pair<int, double>>{{1, 1}, {2, 0.5}, {4, 0.3}, {8, 0.2}, {16, 0.1}})
    all.push_back({n, n, {time, time, time}});
  const Result result = buy(csv_of(all), "--deadline 0.0001h");
  EXPECT_EQ(result.exit_code, 2) << result.error;
  EXPECT_NE(result.out.find("no configuration considered meets the deadline\""), std::string::npos)
      << result.out;
}

/// One rank per node is faster than two, which is the most that was measured.
TEST_F(Bought, EveryMeasuredLayoutIsConsidered) {
  const std::string csv = csv_of({{1, 1, {1, 1.01, 0.995}},
                                  {2, 2, {0.55, 0.56, 0.555}},
                                  {4, 4, {0.3, 0.31, 0.305}},
                                  {8, 8, {0.17, 0.171, 0.175}},
                                  {2, 1, {1.2, 1.21, 1.22}},
                                  {4, 2, {0.7, 0.71, 0.72}},
                                  {8, 4, {0.4, 0.41, 0.42}}});
  Result result = buy(csv, "--deadline 0.35h");
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_EQ(bought(result)["nodes"], 4);
  EXPECT_EQ(bought(result)["ranks"], 4);
  EXPECT_EQ(bought(result)["label"], "measured");
  EXPECT_EQ(row_at(result, 2, 2)["label"], "measured");
  result = buy(csv, "");
  EXPECT_EQ(bought(result)["ranks"], 1);
  EXPECT_NEAR(bought(result)["total_cost"], 2.0, 0.02);
  EXPECT_EQ(result.out.find("more than the ranks explain"), std::string::npos) << result.out;
}

/// Two ranks on one node are slower than one, and cost the same.
TEST_F(Bought, FewerRanksOnANodeAreBoughtWhereTheyAreFaster) {
  const Result result = buy(csv_of({{1, 1, eight(0.33)}, {2, 1, eight(0.59)}}), "");
  EXPECT_EQ(bought(result)["ranks"], 1);
  EXPECT_NEAR(bought(result)["time_h"], 0.33, 0.002);
  EXPECT_NE(result.out.find("buy 1 x n with 1 rank in all: 0.660 USD"), std::string::npos)
      << result.out;
}

TEST_F(Bought, SeveralWorkloadsAreNamedAndChosenByAWord) {
  std::string csv = "ranks,nodes,time,workload\n";
  for (const int n : {1, 2, 4})
    for (const double noise : {1.0, 1.01})
      csv += std::to_string(n) + "," + std::to_string(n) + "," +
             std::to_string(noise * (0.1 + 0.9 / n)) + ",x\n" + std::to_string(n) + "," +
             std::to_string(n) + "," + std::to_string(10 * noise * (0.1 + 0.9 / n)) + ",y\n";
  Result result = buy(csv, "--nodes 1");
  EXPECT_NE(
      result.out.find("the answer is for workload.exec strong x; also measured: workload.exec "
                      "strong y (--subject chooses)"),
      std::string::npos)
      << result.out;
  result = buy(csv, "--nodes 1 --subject y");
  EXPECT_NEAR(bought(result)["total_cost"], 20.1, 0.1) << result.error;
}

TEST_F(Bought, CountsBelowThoseMeasuredAreLabelledByTheirDistance) {
  std::vector<Launches> all;
  for (const int n : {16, 24, 32, 40}) all.push_back({n, n, eight(0.02 + 1.5 / n)});
  const Result result = buy(csv_of(all), "--nodes 1,4,8,16,20");
  EXPECT_EQ(row_at(result, 1, 1)["label"], "scenario");
  EXPECT_EQ(row_at(result, 4, 4)["label"], "range");
  EXPECT_EQ(row_at(result, 16, 16)["label"], "measured");
  const std::string note = row_at(result, 8, 8)["note"];
  EXPECT_NE(note.find("below 16 ranks, the fewest that were measured"), std::string::npos) << note;
}

TEST_F(Bought, ImpossibleLayoutsAndMisspeltColumnsAreRefused) {
  Result result = buy("ranks,nodes,time\n1,2,1\n4,4,0.5\n", "");
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_NE(result.error.find(
                "study.csv:2: column ranks: 1 on 2 nodes; expected at least one rank on each "
                "node"),
            std::string::npos)
      << result.error;
  result = buy(csv_of(slow_at_eight()), "",
               "name,price_per_hour,currency,as_of,relativ_speed\nn,2,USD,2026-01-01,1\n");
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_NE(result.error.find(
                "column relativ_speed: is no column of a price list; expected relative_speed"),
            std::string::npos)
      << result.error;
  EXPECT_EQ(result.out, "");
}

TEST_F(Bought, ATieOfCostAndWaitingIsCalledOne) {
  std::vector<Launches> all;
  for (const int n : {1, 2, 4, 8}) all.push_back({n, n, eight(0.05 + 0.95 / n + 0.002 * n)});
  const Result result = buy(csv_of(all), "--value-per-hour 50");
  EXPECT_EQ(result.out.find("Cannot be told apart by cost:"), std::string::npos) << result.out;
}

}  // namespace
