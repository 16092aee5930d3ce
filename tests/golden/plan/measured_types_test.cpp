// Several node types in one plan: each by its own clock, or by the price list's speed and
// bandwidth; spot offers by their interruptions. Times of T(N) = 2/3 + 28/3/N: 10, 5.33, 3 s at 1,
// 2, 4 nodes.
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/golden/plan/plan_program.hpp"

namespace {

using assay::test::PlanProgram;
using assay::test::Result;

std::string times(double factor) {
  std::ostringstream csv;
  csv << "ranks,nodes,time\n";
  for (const int n : {1, 2, 4})
    for (const double noise : {0.99, 1.0, 1.01})
      csv << n << ',' << n << ',' << factor * noise * (2.0 / 3 + 28.0 / 3 / n) << '\n';
  return csv.str();
}

const std::string header =
    "name,price_per_hour,currency,as_of,relative_speed,network_gbps,spot_price_per_hour,"
    "spot_interruptions_per_hour\n";

nlohmann::json row(const Result& result, const std::string& type, double nodes) {
  const auto json = nlohmann::json::parse(result.out, nullptr, false);
  if (json.is_object())
    for (const auto& one : json["rows"])
      if (one["node_type"] == type && one["nodes"] == nodes) return one;
  ADD_FAILURE() << type << " x " << nodes << " is not in\n" << result.out << result.error;
  return nullptr;
}

/// Of `a` over `b`, at that end of the interval.
double ratio(const nlohmann::json& a, const nlohmann::json& b, const char* end) {
  return a[end].get<double>() / b[end].get<double>();
}

/// The list's speed is taken to be right within a fifth. On four nodes 2.5 of 3 s at least are computing, c = 0.8333: of twice the speed it takes c/2 + 1
/// - c = 0.5833 at most, and half of it at least.
TEST_F(PlanProgram, RelativeSpeedActsOnComputingAndBandwidthOnBytes) {
  const std::string run = "buy " + file("t.csv", times(1)) + " --nodes 1,4 --format json --prices ";
  const auto with_network = [&](const std::string& gbps) {
    return plan(run + file("p.csv", header + "small,1,EUR,2024-01-01,1,10,,\n" +
                                        "large,2,EUR,2024-01-01,2," + gbps + ",,\n"));
  };
  Result result = with_network("10");
  EXPECT_NEAR(ratio(row(result, "large", 1), row(result, "small", 1), "time_high_h"), 1.2 * 0.5,
              1e-9);
  EXPECT_NEAR(ratio(row(result, "large", 4), row(result, "small", 4), "time_low_h"), 0.5 / 1.2,
              1e-6);
  EXPECT_NEAR(ratio(row(result, "large", 4), row(result, "small", 4), "time_high_h"), 1.2 * 0.5833,
              2.5e-3);
  EXPECT_EQ(row(result, "large", 4)["label"], "range");
  EXPECT_TRUE(row(result, "large", 4)["time_h"].is_null());
  // Half the bandwidth doubles what may be bytes: 0.4167 + 2 x 0.1667.
  result = with_network("5");
  EXPECT_NEAR(ratio(row(result, "large", 4), row(result, "small", 4), "time_high_h"), 1.2 * 0.75,
              5e-3);
  EXPECT_NEAR(ratio(row(result, "large", 1), row(result, "small", 1), "time_high_h"), 1.2 * 0.5,
              1e-9);
}

TEST_F(PlanProgram, SeveralMeasuredTypesEachGoByTheirOwnClock) {
  const Result result = plan(
      "buy small=" + file("s.csv", times(1)) + " large=" + file("l.csv", times(0.3)) +
      " --nodes 1,4 --format json --prices " +
      file("p.csv", header + "small,1,EUR,2024-01-01,1,10,,\nlarge,2,EUR,2024-01-01,2,10,,\n"));
  for (const double nodes : {1.0, 4.0}) {
    EXPECT_EQ(row(result, "large", nodes)["label"], "measured");
    EXPECT_NEAR(ratio(row(result, "large", nodes), row(result, "small", nodes), "time_h"), 0.3,
                1e-6);
  }
}

/// What nobody measured goes by its speed against the type that was: half of large's, not 1.
TEST_F(PlanProgram, SpeedsAreAgainstTheTypeThatWasMeasured) {
  const Result result = plan(
      "buy large=" + file("l.csv", times(1)) + " --nodes 1 --format json --prices " +
      file("p.csv", header + "small,1,EUR,2024-01-01,1,10,,\nlarge,2,EUR,2024-01-01,2,10,,\n"));
  EXPECT_EQ(row(result, "large", 1)["label"], "measured");
  EXPECT_NEAR(ratio(row(result, "small", 1), row(result, "large", 1), "time_high_h"), 1.2 * 2,
              1e-9);
}

/// 1,000 steps of 10 s are 2.8 h. Taken away every 10 h: e^0.28 - 1 over 0.28 longer. Every hour:
/// never done without checkpoints.
TEST_F(PlanProgram, SpotNodesAreTakenAway) {
  const std::string run =
      "buy " + file("t.csv", times(1)) + " --nodes 1 --steps 1000 --format json --prices ";
  const std::string small = header + "small,1,EUR,2024-01-01,1,10,0.4,";
  const Result rare = plan(run + file("p.csv", small + "0.1\n"));
  const double share = 10000.0 / 36000;
  EXPECT_NEAR(ratio(row(rare, "small spot", 1), row(rare, "small", 1), "time_h"),
              std::expm1(share) / share, 2e-3);
  EXPECT_NEAR(row(rare, "small spot", 1)["cost"].get<double>() /
                  row(rare, "small spot", 1)["time_h"].get<double>(),
              0.4, 1e-9);
  const std::string often = file("q.csv", small + "1\n");
  EXPECT_EQ(row(plan(run + often), "small spot", 1)["label"], "impossible");
  EXPECT_NE(plan(run + often).out.find("without checkpoints (--checkpoint) a job of 2.78"),
            std::string::npos);
  EXPECT_NE(row(plan(run + often + " --checkpoint 60s"), "small spot", 1)["label"], "impossible");
}

}  // namespace
