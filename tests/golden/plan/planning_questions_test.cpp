// The planning questions beside buy, crossover and target: worked examples by hand, sweeps, and
// what a stranger may type.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/golden/plan/plan_program.hpp"

namespace {

using assay::test::PlanProgram;
using assay::test::Result;

void expect_words(const Result& result, const std::vector<std::string>& words) {
  for (const std::string& word : words)
    EXPECT_NE(result.out.find(word), std::string::npos) << word << "\n"
                                                        << result.out << result.error;
}

const std::string grid = "grid --node-rate 1000 --node-price 2 ";

// --- grid ---

/// n/(1 + 0.03 (n - 1)) >= 8 from n = 11 on: 11 x 2 + 1.5. Two of size 4 give 7767/s and three cost
/// 6 x 4^1.9 = 83.6; one of size 8 costs 2 x 8^1.9 = 104.0.
TEST_F(PlanProgram, GridMinimisesThePriceOfTheTarget) {
  const std::string convex = grid + "--curvature 0.9 --floor 1.5 --max-size 8 --sizes 1,2,4,8 ";
  const Result result = plan(convex + "--nodes 1:16:1 --tax 0.03 --target 8000");
  EXPECT_EQ(result.exit_code, 0) << result.error;
  expect_words(result, {"sweet spot with the tax: 11 nodes of size 1, 23.5 per hour for 8461.54/s",
                        "sweet spot without a tax: 8 nodes of size 1, 17.5 per hour for 8000/s"});
  // More than are needed never win, however cheap their rate.
  const Result untaxed = plan(convex + "--nodes 1:100:1 --tax 0 --target 8000");
  expect_words(untaxed, {"sweet spot with the tax: 8 nodes of size 1, 17.5 per hour",
                         "the tax is zero: nothing moves the sweet spot"});
}

/// tau = 0.1, a = 0.3: 36 of size 1 cost 72, 6 of size 2 cost 12 x 2^1.3 = 29.55, 3 of size 4 cost
/// 6 x 4^1.3 = 36.38, 1 of size 8 costs 2 x 8^1.3 = 29.86.
TEST_F(PlanProgram, GridShowsThatOnlyTheTaxMovesTheSweetSpot) {
  const Result result = plan(grid + "--curvature 0.3 --nodes 1:64:1 --target 8000 --tax 0,0.1");
  expect_words(result, {"tax 0: sweet spot with the tax: 8 nodes of size 1, 16 per hour",
                        "tax 0.1: sweet spot with the tax: 6 nodes of size 2, 29.5475 per hour",
                        "tax 0.1: the tax moves it from size 1 to size 2"});
}

TEST_F(PlanProgram, GridAnswersAListOfTargets) {
  const auto json = nlohmann::json::parse(
      plan(grid + "--curvature 0.3 --nodes 1:64:1 --target 1000,8000 --tax 0.1 --format json").out);
  ASSERT_EQ(json["rows"].size(), 2U);
  EXPECT_EQ(json["rows"][0]["size"], 1);
  EXPECT_EQ(json["rows"][0]["price_per_h"], 2);
  EXPECT_EQ(json["rows"][1]["size"], 2);
  EXPECT_NEAR(json["rows"][1]["price_per_h"].get<double>(), 12 * std::pow(2, 1.3), 1e-9);
  EXPECT_EQ(json["rows"][1]["untaxed_nodes"], 8);
}

TEST_F(PlanProgram, GridSaysWhatWouldReachTheTarget) {
  const Result result = plan(grid + "--sizes 1,2 --nodes 1,2,4 --tax 0.03 --target 8000");
  expect_words(result, {"nothing listed reaches 8000/s; it takes 11 of size 1 or 5 of size 2"});
}

/// Equal prices: the fewest nodes.
TEST_F(PlanProgram, GridTakesTheFewestOfEquallyDearNodes) {
  const Result result = plan(grid + "--nodes 1:16:1 --tax 0 --target 8000");
  expect_words(result, {"sweet spot with the tax: 1 node of size 8, 16 per hour"});
}

// --- crossover and target as sweeps ---

/// Up to K with 1 + c (K - 1) < 1.5: 51 - 1 at 0.01, 13 at 0.04, 5 at 0.1.
TEST_F(PlanProgram, CrossoverAnswersAListOfTaxes) {
  const Result result = plan(
      "crossover --work 1000000 --up-speed 6 --up-price 18 --node-price 2 --tax "
      "0.01,0.04,0.10 --nodes 2,16");
  expect_words(result, {"tax 0.01: scale-out costs less up to 50 nodes",
                        "tax 0.04: scale-out costs less up to 13 nodes",
                        "tax 0.1: scale-out costs less up to 5 nodes"});
}

TEST_F(PlanProgram, CrossoverWithoutATaxHasNoEnd) {
  const Result result =
      plan("crossover --work 1000000 --up-speed 6 --up-price 18 --node-price 2 --tax 0");
  expect_words(result, {"scale-out costs less at any number of nodes"});
}

TEST_F(PlanProgram, TargetAnswersAListOfTaxes) {
  const auto json = nlohmann::json::parse(
      plan("target --node-rate 1000 --node-price 2 --tax 0,0.03 --targets 8000 --format json").out);
  ASSERT_EQ(json["rows"].size(), 2U);
  EXPECT_EQ(json["rows"][0]["tax"], 0);
  EXPECT_EQ(json["rows"][0]["nodes"], 8);
  EXPECT_EQ(json["rows"][1]["nodes"], 11);
}

/// A rate that nobody plans for must not keep the search going.
TEST_F(PlanProgram, HugeAndTinyTargetsEnd) {
  const Result result =
      plan("target --node-rate 1000 --node-price 2 --tax 0 --targets 0.001,1e20 --format csv");
  EXPECT_EQ(result.exit_code, 0);
  expect_words(result, {"\n0.001,2,2,1,vertical\n", "\n1e+20,inf,2e+17,1e+17,horizontal\n"});
}

// --- nodes ---

TEST_F(PlanProgram, NodesNeededForARate) {
  const Result result = plan("nodes --rate 50000 --node-rate 2000");
  EXPECT_EQ(result.exit_code, 0) << result.error;
  expect_words(result, {"50000/s: 25 nodes, 100 % used", "no --tax and no --from"});
  // 50001/s need one more; at 70 % of each 36; with c = 0.01: n/(1 + 0.01 (n - 1)) >= 25 from 33
  // on.
  expect_words(plan("nodes --rate 50001 --node-rate 2000"), {"50001/s: 26 nodes"});
  expect_words(plan("nodes --rate 50000 --node-rate 2000 --utilisation 0.7"),
               {"50000/s: 36 nodes"});
  expect_words(plan("nodes --rate 50000 --node-rate 2000 --tax 0,0.01 --node-price 3 --format csv"),
               {"\n0,50000,25,50000,1,75,", "\n0.01,50000,33,50000,1,99,"});
  expect_words(plan("nodes --rate 10 --node-rate 2000"), {"10/s: 1 node, 0.5 % used"});
}

TEST_F(PlanProgram, NodesBeyondTheWallAreNone) {
  const Result result = plan("nodes --rate 300000 --node-rate 2000 --tax 0.01");
  expect_words(result, {"no number of nodes serves 300000/s", "saturate at 200000/s"});
}

// --- ceiling ---

const std::string ceiling =
    "ceiling --data 0.30 --training 0.40 --model 0.10 --inference 0.95 --coordination 0.55 "
    "--intelligence 0.05 --lookup-time 0.4ms --latency-budget 20ms ";

TEST_F(PlanProgram, CeilingSaysWhereTheVerdictTurns) {
  const Result result = plan(ceiling + "--fan-out 1:80:1");
  EXPECT_EQ(result.exit_code, 0) << result.error;
  expect_words(result,
               {"at fan_out 1: distribute: throughput binds, distribute inference, coordination, "
                "centralised, interactive",
                "the verdict turns at fan_out 50: fewer workers",
                "fewer workers: at most 49 look-ups one after the other leave anything of the "
                "budget"});
  const auto json = nlohmann::json::parse(plan(ceiling + "--fan-out 1:80:1 --format json").out);
  ASSERT_EQ(json["rows"].size(), 80U);
  EXPECT_NEAR(json["rows"][5]["tax_s"].get<double>(), 2.4e-3, 1e-12);
  EXPECT_NEAR(json["rows"][5]["budget_left_s"].get<double>(), 17.6e-3, 1e-12);
  EXPECT_EQ(json["rows"][48]["recommendation"], "distribute");
  EXPECT_EQ(json["rows"][49]["budget_left_s"], 0);
  EXPECT_EQ(json["rows"][49]["recommendation"], "fewer workers");
}

/// Listed or not: between 2 and 41 it turns at 25, where the look-ups take half of the budget.
TEST_F(PlanProgram, CeilingFindsTheTurnBetweenTheCountsListed) {
  expect_words(
      plan("ceiling --lookup-time 0.4ms --latency-budget 20ms --fan-out 1,41,42"),
      {"at fan_out 1: one machine", "the verdict turns at fan_out 25: distribute: nothing binds",
       "at 50 look-ups the tax eats the whole budget"});
  expect_words(plan("ceiling --lookup-time 0.4ms --latency-budget 20ms --fan-out 1,1000000"),
               {"the verdict turns at fan_out 25: distribute",
                "the verdict turns at fan_out 50: fewer workers"});
}

TEST_F(PlanProgram, CeilingAtFiftyLookUpsTheTaxEatsTheWholeBudget) {
  expect_words(plan(ceiling + "--lookups 50"),
               {"the communication tax is 20 ms of 20 ms", "nothing is left", "fewer workers"});
  expect_words(plan("ceiling --inference 0.9 --lookups 3 --lookup-time 30ms --latency-budget 20ms"),
               {"a single look-up eats the whole budget"});
}

/// Half the budget is the threshold: 25 look-ups of 0.4 ms in 20 ms.
TEST_F(PlanProgram, CeilingDerivesCoordinationFromTheLookUps) {
  const Result result =
      plan("ceiling --inference 0.95 --lookup-time 0.4ms --latency-budget 20ms --fan-out 1:80:1");
  expect_words(result, {"the verdict turns at fan_out 25: distribute: throughput binds, distribute "
                        "inference, coordination",
                        "the verdict turns at fan_out 50: fewer workers"});
}

/// To first order sqrt(2 x 60 s N/1,000 h) + 300 s N/1,000 h, which passes a twentieth at 61 nodes;
/// exactly at 63.
TEST_F(PlanProgram, CeilingTurnsToFewerWorkersWhereFailuresCostTooMuch) {
  const Result result = plan(
      "ceiling --training 0.9 --node-mtbf 1000h --checkpoint 60s --restart 300s "
      "--failure-budget 0.05 --nodes 1,10,50,100");
  expect_words(result,
               {"the verdict turns at nodes 63: fewer workers", "above the budget of 5.0 %"});
}

TEST_F(PlanProgram, MemoryNeedsNodesAtAnyPrice) {
  expect_words(plan("ceiling --model-size 400GB --node-memory 80GB"),
               {"at least 5 nodes of 80GB hold 400GB; no single one does, at any price"});
  expect_words(
      plan("ceiling --model-size 400GB --node-memory 80GB --replicated 10GB --buffers 6GB"),
      {"at least 7 nodes of 80GB hold 400GB"});  // 400/64 = 6.25
  expect_words(plan("ceiling --model-size 400GB --node-memory 80GB --replicated 80GB"),
               {"no number of nodes holds the working set"});
}

TEST_F(PlanProgram, CeilingCountsMachinesForARate) {
  expect_words(plan("ceiling --request-rate 50000 --node-rate 2000"),
               {"50000/s at 2000/s each: at least 25 machines"});
}

// --- scale ---

TEST_F(PlanProgram, OneExchangeOfAGigaGradient) {
  const auto json = nlohmann::json::parse(
      plan("scale --tier net:1000:0s:10GB/s --parallel 1s --bytes 4GB --ranks 2,1000 --format json")
          .out);
  EXPECT_NEAR(json["rows"][0]["communication_s"].get<double>(), 0.4, 1e-9);
  EXPECT_NEAR(json["rows"][1]["communication_s"].get<double>(), 0.8 * 999 / 1000, 1e-9);
}

TEST_F(PlanProgram, WorkBeyondTheTiersGivenIsLabelled) {
  const Result result = plan(
      "scale --tier node:8:1us:50GB/s --tier rack:4:2us:25GB/s --parallel 1s --bytes 1MB "
      "--ranks 8,32,33 --largest-measured 16 --format csv");
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_NE(result.out.find("measured,\n"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("projected,\n"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("scenario,beyond the tiers given\n"), std::string::npos) << result.out;
  EXPECT_NE(result.error.find("from 33 ranks on beyond the tiers given, which hold 32"),
            std::string::npos)
      << result.error;
}

// --- tail ---

/// Times of one rank that are 1, 2, ... 1000 ms: the median of the slowest of 10 is the 0.933
/// quantile, the 0.9 quantile of the slowest of 2 the 0.9487 one.
TEST_F(PlanProgram, TheTailOfTheSlowestComesFromOneRanksTimes) {
  std::string times = "ranks,time\n";
  for (int i = 1; i <= 1000; ++i) times += "1," + std::to_string(i * 1e-3) + "\n";
  const std::string measured = file("one.csv", times);
  const auto json = nlohmann::json::parse(
      plan("tail " + measured + " --fan-out 1,2,10,1000 --quantile 0.9 --format json").out);
  EXPECT_NEAR(json["rows"][0]["slowest_quantile_s"].get<double>(), 0.9001, 1e-6);
  EXPECT_NEAR(json["rows"][1]["slowest_quantile_s"].get<double>(), std::sqrt(0.9), 1e-3);
  EXPECT_LT(json["rows"][1]["low_s"].get<double>(), std::sqrt(0.9));
  EXPECT_GT(json["rows"][1]["high_s"].get<double>(), std::sqrt(0.9));
  EXPECT_NEAR(json["rows"][2]["slowest_median_s"].get<double>(), std::pow(0.5, 0.1), 1e-3);
  EXPECT_TRUE(json["rows"][3]["slowest_quantile_s"].is_null());
  const Result unseen = plan("tail " + measured + " --fan-out 1000");
  EXPECT_EQ(unseen.exit_code, 2) << "nobody saw that tail";
  const Result few = plan("tail " + file("few.csv", "ranks,time\n1,1\n1,2\n1,3\n"));
  EXPECT_EQ(few.exit_code, 2);
  expect_words(few, {"3 times do not reach the 0.99 quantile of one rank; the largest is 3 s"});
}

TEST_F(PlanProgram, OneSlowInAHundredIsMostOfAHundred) {
  const Result result = plan("tail --slow 0.01 --fan-out 1,68,69,100 --format csv");
  EXPECT_NE(result.out.find("\n100,0.633967659\n"), std::string::npos) << result.out;
  EXPECT_NE(result.error.find("from 69 on every second request is slow"), std::string::npos);
}

// --- what a stranger may type ---

TEST_F(PlanProgram, OddQuestionsAreOneClearLineAndExitFour) {
  struct Case {
    std::string arguments, words;
  };
  const std::string target = "target --node-rate 1000 --node-price 2 ";
  const std::vector<Case> cases{
      {target + "--tax 0.1,0.01 --targets 100", "ascending"},
      {target + "--tax 0.1 --targets 0", "above 0"},
      {target + "--tax 0.1 --targets 1:1e9:1", "at most 100000"},
      {target + "--tax 0.1 --targets 1:2", "ascending"},
      {target + "--tax 0.1 --targets ,", "ascending"},
      {target + "--tax 0.1 --targets 1,,2", "ascending"},
      {target + "--tax 1e300 --targets 10", "between"},
      {target + "--tax inf --targets 10", "--tax inf"},
      {target + "--targets 10", "--tax is missing"},
      {grid + "--tax 0.1 --nodes 1.5", "whole numbers"},
      {grid + "--tax 0.1 --nodes 0,1", "whole numbers"},
      {grid + "--tax 0.1 --sizes -1", "above 0"},
      {grid + "--tax 0.1 --target -5", "at least 0"},
      {grid + "--tax 0.1 --max-size nan", "--max-size nan"},
      {"nodes --rate 0 --node-rate 2000", "above 0"},
      {"nodes --rate 10 --node-rate 2000 --utilisation 2", "share"},
      {"nodes --rate 10", "--node-rate is missing"},
      {"ceiling --dataset 1TB", "--dataset says nothing without --node-storage"},
      {"ceiling --node-rate 5", "--node-rate says nothing without --request-rate"},
      {"ceiling --model-size 1TB --node-memory 0B", "a size above 0"},
      {"ceiling --training-time 1h --deadline 0s", "a time above 0"},
      {"ceiling --lookups 5", "--lookup-time"},
      {"ceiling --lookup-time 1ms", "--lookups"},
      {"ceiling --lookup-time 1ms --fan-out 1:5:1", "--latency-budget"},
      {"ceiling --lookups 6 --lookup-time 0.4 --latency-budget 20ms", "unit"},
      {"ceiling --lookups 6 --lookup-time 0.4ms --latency-budget 0s", "a time above 0"},
      {"ceiling --data -1", "at least 0"},
      {"ceiling --data nan", "--data nan"},
      {"ceiling --nodes 1,2 --data 1", "--node-mtbf"},
      {"ceiling --node-mtbf 0s", "a time above 0"},
      {"scale --tier net:8:1us:0GB/s --parallel 1s", "bandwidth"},
      {"scale --tier net:1e16:1us:1GB/s --parallel 1s", "--tier"},
      {"scale --tier net:8.5:1us:1GB/s --parallel 1s", "whole"},
      {"scale --tier net:8:1:1GB/s --parallel 1s", "unit"},
      {"tail --slow 2", "a share"},
      {"tail --slow 0.1 --quantile 0.9 --fan-out 0", "whole numbers"},
      {"tail", "--from PATH or --slow X"},
      {"tail nowhere.csv", "cannot be read"},
  };
  for (const Case& one : cases) {
    const Result result = plan(one.arguments);
    EXPECT_EQ(result.exit_code, 4) << one.arguments << "\n" << result.out << result.error;
    EXPECT_EQ(result.out, "") << one.arguments;
    EXPECT_NE(result.error.find(one.words), std::string::npos) << one.arguments << "\n"
                                                               << result.error;
    EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
  }
}

/// A printed example that does not run, or whose answer is wrong, teaches the wrong thing.
TEST_F(PlanProgram, EveryPrintedExampleRuns) {
  for (const char* question :
       {"crossover", "target", "nodes", "grid", "ceiling", "tail", "scale"}) {
    std::istringstream help(plan(std::string(question) + " --help").out);
    bool in_examples = false;
    int run = 0;
    for (std::string line; std::getline(help, line);) {
      in_examples = in_examples || line.starts_with("Example:");
      const std::string start = "  assay plan ";
      if (!in_examples || !line.starts_with(start) ||
          line.find("assay-results/") != std::string::npos)
        continue;
      const Result result = plan(line.substr(start.size()));
      EXPECT_EQ(result.exit_code, 0) << line << "\n" << result.error;
      ++run;
    }
    EXPECT_GE(run, 1) << question;
  }
}

}  // namespace
