// The real program against the known answers of the planning models, and against bad input.
#include "tests/golden/plan/plan_program.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

namespace {

using assay::test::PlanProgram;
using assay::test::read;
using assay::test::Result;

std::string golden(const std::string& name) {
  return read(std::string(ASSAY_SOURCE_DIR) + "/tests/golden/plan/" + name);
}

const std::string crossover =
    "crossover --work 1000000 --up-speed 6 --up-price 18 --node-price 2 --tax 0.04 --nodes "
    "2,4,8,16,32,64 ";
const std::string target =
    "target --node-rate 1000 --node-price 2 --tax 0.03 --floor 1.5 --curvature 0.9 --max-size 8 "
    "--targets 1000:16000:1000 ";
const std::string prices = " --prices " ASSAY_SOURCE_DIR "/reports/example-prices.csv ";

/// Times of T(N) = 0.05 + 0.95/N, five launches of 2 % noise.
/// Where `nodes` are not given, what lies beyond the measured is a scenario.
std::string made_times(bool nodes = false) {
  std::mt19937_64 engine(1);
  std::normal_distribution<double> normal;
  std::ostringstream csv;
  csv << (nodes ? "ranks,nodes,time\n" : "ranks,time\n");
  for (int n : {1, 2, 4, 8, 16, 32})
    for (int i = 0; i < 5; ++i)
      csv << n << ',' << (nodes ? std::to_string(n) + ',' : "")
          << (0.05 + 0.95 / n) * std::exp(0.02 * normal(engine)) << '\n';
  return csv.str();
}

TEST_F(PlanProgram, CrossoverPrintsTheKnownAnswers) {
  const Result result = plan(crossover + "--tax-form linear --format csv");
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.out, golden("crossover.csv"));
}

TEST_F(PlanProgram, TargetPrintsTheKnownAnswers) {
  const Result result = plan(target + "--tax-form linear --format csv");
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.out, golden("target.csv"));
}

TEST_F(PlanProgram, JsonHoldsTheSameNumbers) {
  const auto json = nlohmann::json::parse(plan(target + "--format json").out);
  ASSERT_EQ(json["rows"].size(), 16U);
  EXPECT_EQ(json["rows"][2]["winner"], "horizontal");
  EXPECT_NEAR(json["rows"][2]["vertical_price_per_h"].get<double>(), 16.1272523, 1e-7);
  EXPECT_EQ(json["rows"][8]["vertical_price_per_h"], "inf");
}

TEST_F(PlanProgram, Log2TaxAndDeadlineComeFromTheSameCode) {
  const Result result = plan(crossover + "--tax-form log2 --deadline 30h --format csv");
  EXPECT_EQ(result.exit_code, 0);
  // K = 16: speed 16/(1 + 0.04 x 4) = 13.7931034, 20.1388889 h, 644.444444.
  EXPECT_NE(result.out.find("scale_out,16,13.7931034,20.1388889,644.444444,1,1"), std::string::npos)
      << result.out;
  EXPECT_NE(result.error.find("cheapest within 30 h: 16 nodes"), std::string::npos) << result.error;
}

TEST_F(PlanProgram, BeyondTheWallThereIsNoNodeCount) {
  const Result result =
      plan("target --node-rate 1000 --node-price 2 --tax 0.03 --targets 33333,33334 --format csv");
  EXPECT_NE(result.out.find("\n33334,inf,inf,,none\n"), std::string::npos) << result.out;
  EXPECT_NE(result.error.find("T1/tau = 33333.3"), std::string::npos);
}

TEST_F(PlanProgram, CeilingAnswersTheWorkedExample) {
  const Result result = plan(
      "ceiling --data 0.30 --training 0.40 --model 0.10 --inference 0.95 --coordination 0.55 "
      "--intelligence 0.05 "
      "--lookups 6 --lookup-time 0.4ms --latency-budget 20ms");
  EXPECT_EQ(result.exit_code, 0);
  for (const char* words :
       {"throughput binds: 0.95", "distribute inference (0.95), then coordination (0.55)",
        "2.4 ms of 20 ms", "17.6 ms are left", "at 50 look-ups it eats the whole budget",
        "centralised, interactive, tail latency", "the model stays on one node"})
    EXPECT_NE(result.out.find(words), std::string::npos) << words << "\n" << result.out;
}

TEST_F(PlanProgram, BuyGoesFromTimesToAVerdict) {
  const Result result =
      plan("buy " + file("times.csv", made_times()) + prices + "--steps 100000 --deadline 6h");
  EXPECT_EQ(result.exit_code, 0) << result.error;
  for (const char* words : {"buy ", "measured up to 32 ranks", "cheapest next run", "FICTIONAL"})
    EXPECT_NE(result.out.find(words), std::string::npos) << words << "\n" << result.out;
}

TEST_F(PlanProgram, BuyAcrossAnUnmeasuredTierIsInconclusive) {
  const std::string times = file("times.csv", made_times(true));
  const std::string question = "buy " + times + prices + "--steps 100000 --nodes 64 --format csv ";
  EXPECT_EQ(plan(question).exit_code, 0);
  const Result result = plan(question + "--tier rack=32");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.out.find("small,64,64,scenario,,"), std::string::npos) << result.out;
}

TEST_F(PlanProgram, AJobFileHasTheOptionsNames) {
  const std::string times = file("times.csv", made_times());
  const std::string job =
      file("job.toml", "steps = 100000\ndeadline = \"6h\"\nnodes = [1, 2, 8]\n");
  const Result result = plan("buy " + times + prices + "--format csv --job " + job);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.out, plan("buy " + times + prices +
                             "--steps 100000 --deadline 6h --nodes 1,2,8 --format csv")
                            .out);
}

TEST_F(PlanProgram, ScaleReachesAMillionRanks) {
  const Result result = plan(
      "scale --tier node:64:500ns:50GB/s --tier rack:32:2us:25GB/s --tier pod:64:4us:25GB/s:4 "
      "--parallel 10s --bytes 400MB "
      "--ranks 1,64,1000000 --largest-measured 64 --node-price 2 --ranks-per-node 64 --format csv");
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_NE(result.out.find("\n1000000,"), std::string::npos);
  EXPECT_NE(result.out.find(",scenario,"), std::string::npos);
  EXPECT_NE(result.out.find(",measured,"), std::string::npos);
}

TEST_F(PlanProgram, BadInputIsOneClearLineAndExitFour) {
  const std::string times = file("times.csv", made_times());
  const std::string header =
      "name,price_per_hour,currency,as_of,relative_speed,memory_gib,max_nodes,network_gbps,"
      "coordination_floor_per_hour\n";
  int files = 0;
  const auto numbered = [&](const std::string& content) {
    return file("f" + std::to_string(++files) + ".csv", content);
  };
  const auto with_prices = [&](const std::string& rows) {
    return "buy " + times + " --prices " + numbered(rows);
  };
  const auto with_times = [&](const std::string& rows) { return "buy " + numbered(rows) + prices; };
  struct Case {
    std::string arguments, words;
  };
  const std::vector<Case> cases{
      {"", "plan"},
      {"crosover", "did you mean crossover"},
      {"target --tx 1", "did you mean --tax"},
      {"target --node-rate 1000 --node-price 2 --tax 0.03", "--targets is missing"},
      {"target --node-rate 1000 --node-price 0 --tax 0.03 --targets 100", "a number above 0"},
      {"target --node-rate nan --node-price 2 --tax 0.03 --targets 100", "--node-rate nan"},
      {"target --node-rate 1000 --node-price 2 --tax -1 --targets 100", "at least 0"},
      {crossover + "--deadline 30", "--deadline"},
      {crossover + "--tax-form cubic", "linear or log2"},
      {with_prices("name,price_per_hour\na,1\n"), "missing"},
      {with_prices(header + "a,0,EUR,2024-01-01,1,,,,\n"),
       ".csv:2: column price_per_hour: \"0\"; expected a price above 0"},
      {with_prices(header + "a,-2,EUR,2024-01-01,1,,,,\n"), "price_per_hour"},
      {with_prices(header + "a,2,EUR,2024-01-01,1,,,,\nb,2,USD,2024-01-01,1,,,,\n"),
       "currencies cannot be compared"},
      {with_prices(header), "no node type"},
      {"buy " + times + prices + "--job " + file("j.toml", "steps = 1\nstpes = 2\n"),
       "j.toml:2: column stpes: unknown key; expected steps"},
      {"buy " + times + prices + "--job " + file("l.toml", "foo = 2\n"),
       "expected one of run, step-flops,"},
      {"buy " + times + prices + "--job " + file("m.toml", "steps = -4\n"), "m.toml: steps -4;"},
      {"buy " + times + prices + "--job " + file("k.toml", "steps = = 1\n"), "k.toml:1"},
      {with_times("ranks,time\n4,0.5\n4,0.51\n"),
       "what can still be said: one step takes 505 ms at 4 ranks"},
      {with_times("ranks,time\n1,1\n2,1\n4,1\n"), "no clock gives"},
      {with_times("ranks,time\n1,1\n2,-1\n"),
       ".csv:3: column time: is -1 s; expected a time above 0"},
      {with_times("ranks,time\n1,1\n2,0\n"), "above 0"},
      {with_times("ranks,time\n1,1\n2,nan\n"), "\"nan\""},
      {with_times("ranks,time\n1,1\n0,2\n"), "a whole number from 1"},
      {with_times("what,is,this\n"), "not a format that can be read"},
      {"buy " + path("nowhere.csv") + prices, "cannot be read"},
  };
  for (const Case& one : cases) {
    const Result result = plan(one.arguments);
    EXPECT_EQ(result.exit_code, 4) << one.arguments;
    EXPECT_NE((result.out + result.error).find(one.words), std::string::npos)
        << one.arguments << "\n"
        << result.error;
    if (!one.arguments.empty()) {
      EXPECT_EQ(std::count(result.error.begin(), result.error.end(), '\n'), 1) << result.error;
    }
  }
}

TEST_F(PlanProgram, EveryQuestionHasHelpWithAnExample) {
  for (const char* question :
       {"buy", "crossover", "target", "nodes", "grid", "ceiling", "tail", "scale"}) {
    const Result result = plan(std::string(question) + " --help");
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_NE(result.out.find("Example:\n  assay plan " + std::string(question)), std::string::npos)
        << question;
  }
  EXPECT_NE(plan("crossover --help").out.find("Prices are per hour, work is in node-seconds"),
            std::string::npos);
}

}  // namespace
