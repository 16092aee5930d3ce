// Each rule of consistency on planted contradictions, and on what looks like one and is none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/decision/rule.hpp"
#include "tests/unit/decision/made_decision.hpp"

namespace assay::decision {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// What the named rule says of the run.
std::vector<Check> checks_by(const char* name, const RunData& run) {
  const models::Analysis analysis = models::analyse(run);
  const Rule* rule = Registry<Rule>::find(name);
  if (rule == nullptr) {
    ADD_FAILURE() << "no rule " << name;
    return {};
  }
  return checks_of(*rule, {run, analysis});
}

std::string verdict_by(const char* name, const RunData& run) {
  const std::vector<Check> checks = checks_by(name, run);
  return checks.empty() ? "nothing" : checks.front().verdict;
}

Record row_of(const char* probe, const char* metric, const char* unit_name, double value) {
  return {.probe = probe,
          .metric = metric,
          .unit = unit_name,
          .host = "n1",
          .samples = 31,
          .median = value,
          .ci_low = 0.99 * value,
          .ci_high = 1.01 * value,
          .min = 0.98 * value,
          .max = 1.02 * value};
}

TEST(Rules, SpeedAboveTheRanksNeedsACause) {
  RunData run = run_of({{1, 1, around(1)}, {2, 1, around(0.3)}});
  const std::vector<Check> checks = checks_by("speedup within the ranks", run);
  ASSERT_EQ(checks.size(), 1U);
  EXPECT_EQ(checks[0].verdict, "warning");
  EXPECT_THAT(checks[0].finding, HasSubstr("2 ranks are at least 3.30 times as fast as 1"));
  // Twice as fast, to the noise of the launches, is no finding.
  EXPECT_EQ(
      verdict_by("speedup within the ranks", run_of({{1, 1, {1, 1.01}}, {2, 1, {0.498, 0.505}}})),
      "passed");
  // The run names the cause: its compute time falls as fast.
  for (const auto& [ranks, time] : {std::pair(1, 0.9), std::pair(2, 0.25)}) {
    Record compute = run.records.front();
    compute.metric = "compute_time";
    compute.ranks = ranks;
    compute.median = compute.min = compute.max = time;
    run.records.push_back(compute);
  }
  EXPECT_EQ(verdict_by("speedup within the ranks", run), "passed");
  // Weak scaling has no such bound.
  EXPECT_THAT(checks_by("speedup within the ranks",
                        run_of({{1, 1, around(1)}, {2, 1, around(0.3)}}, "weak")),
              IsEmpty());
}

TEST(Rules, LoadedMemoryIsNotFasterThanIdle) {
  RunData run;
  Record idle = row_of("memory.latency", "time", "s", 110e-9);
  idle.operation = "random", idle.bytes = 1 << 30;
  Record loaded = row_of("memory.latency", "time", "s", 60e-9);
  loaded.operation = "loaded", loaded.algorithm = "pause_0us", loaded.bytes = 1 << 30;
  run.records = {idle, loaded};
  const std::vector<Check> checks = checks_by("loaded latency", run);
  ASSERT_EQ(checks.size(), 1U);
  EXPECT_EQ(checks[0].host, "n1");
  EXPECT_EQ(checks[0].verdict, "warning");
  EXPECT_THAT(checks[0].finding, HasSubstr("60.0 ns under load (pause_0us), 110 ns at rest"));
  // Overlapping intervals are no contradiction.
  run.records[1].ci_high = 109e-9;
  EXPECT_EQ(verdict_by("loaded latency", run), "passed");
  // A small working set at rest is a cache, not memory.
  run.records[1] = loaded;
  Record cached = idle;
  cached.bytes = 1 << 14, cached.median = 1e-9, cached.ci_low = cached.ci_high = 1e-9;
  run.records.push_back(cached);
  EXPECT_EQ(verdict_by("loaded latency", run), "warning");
}

TEST(Rules, AMedianLiesAmongItsSamples) {
  RunData run;
  run.records = {row_of("memory.bandwidth", "rate", "B/s", 1e9)};
  EXPECT_EQ(verdict_by("measured figures", run), "passed");
  run.records[0].median = 1e10;
  const std::vector<Check> checks = checks_by("measured figures", run);
  EXPECT_EQ(checks.at(0).verdict, "failed");
  EXPECT_THAT(checks.at(0).finding,
              HasSubstr("median 10.0 GB/s, but its samples are 0.980 to 1.02 GB/s"));
}

TEST(Rules, AUnitIsItsMetrics) {
  RunData run;
  run.records = {row_of("memory.latency", "time", "B/s", 1.6e7)};
  const std::vector<Check> checks = checks_by("units", run);
  EXPECT_EQ(checks.at(0).verdict, "failed");
  EXPECT_THAT(checks.at(0).finding, HasSubstr("is in \"B/s\", but the metric is in \"s\""));
  run.records = {row_of("memory.latency", "time", "s", 1e-7)};
  EXPECT_EQ(verdict_by("units", run), "passed");
}

/// Bytes per second that say they are seconds: 4,542 hours of a run of ten minutes.
TEST(Rules, NoTimeIsLongerThanTheRun) {
  RunData run;
  run.run = {{"start", "2026-11-20T10:00:00Z"}, {"end", "2026-11-20T10:10:00Z"}};
  run.records = {row_of("memory.latency", "time", "s", 1.6e7)};
  const std::vector<Check> checks = checks_by("units", run);
  EXPECT_EQ(checks.at(0).verdict, "failed");
  EXPECT_THAT(checks.at(0).finding, HasSubstr("but the whole run took 601 s"));
  run.records = {row_of("memory.latency", "time", "s", 590)};
  EXPECT_EQ(verdict_by("units", run), "passed");
  // Imported times come without a run.
  run.run = nlohmann::json::object();
  run.records = {row_of("workload.exec", "step_time", "s", 1.6e7)};
  EXPECT_EQ(verdict_by("units", run), "passed");
}

TEST(Rules, TwoValuesOfOneKeyAreAContradictionWhereTheyDoNotOverlap) {
  RunData run;
  run.records = {row_of("memory.bandwidth", "rate", "B/s", 1e9),
                 row_of("memory.bandwidth", "rate", "B/s", 1.03e9)};
  EXPECT_EQ(verdict_by("one value", run), "passed");
  run.records[1] = row_of("memory.bandwidth", "rate", "B/s", 3e9);
  const std::vector<Check> checks = checks_by("one value", run);
  EXPECT_EQ(checks.at(0).verdict, "warning");
  EXPECT_THAT(checks.at(0).finding, HasSubstr("as 1.00 GB/s and as 3.00 GB/s"));
  run.records[1].threads = 8;
  EXPECT_THAT(checks_by("one value", run), IsEmpty());
}

RunData run_with_roofs(Status roof, double gemm_rate) {
  RunData run;
  Record peak = row_of("compute.peak_flops", "rate", "FLOP/s", 100e9);
  peak.dtype = "f64", peak.operation = "fma", peak.isa = "AVX3", peak.threads = 1;
  peak.status = roof;
  if (roof != Status::ok) peak.reason = "others had the core";
  Record memory = row_of("memory.bandwidth", "rate", "B/s", 10e9);
  memory.level = "DRAM", memory.operation = "read", memory.threads = 1;
  Record gemm = row_of("compute.gemm", "rate", "FLOP/s", gemm_rate);
  gemm.dtype = "f64", gemm.operation = "gemm", gemm.threads = 1, gemm.bytes = 8 << 20;
  run.records = {peak, memory, gemm};
  return run;
}

TEST(Rules, AShareIsStatedOnlyOfATrustedRoof) {
  EXPECT_EQ(verdict_by("trusted roofs", run_with_roofs(Status::ok, 80e9)), "passed");
  const std::vector<Check> above = checks_by("trusted roofs", run_with_roofs(Status::ok, 180e9));
  EXPECT_EQ(above.at(0).verdict, "warning");
  EXPECT_THAT(above.at(0).finding, HasSubstr("lies at 180 % of its roof"));
  const std::vector<Check> untrusted =
      checks_by("trusted roofs", run_with_roofs(Status::untrusted, 80e9));
  EXPECT_THAT(untrusted.at(0).finding, HasSubstr("is not trusted: no share of it is stated"));
}

/// The probe timed its roof beside the product: that share is the one, and the other is told.
TEST(Rules, AShareThatTheRunStatesTwiceIsOne) {
  RunData run = run_with_roofs(Status::ok, 67.9e9);
  Record fraction = run.records[2];
  fraction.metric = "fraction_of_roof", fraction.unit = "1";
  fraction.median = 1.0, fraction.min = 0.99, fraction.max = 1.0;
  run.records.push_back(fraction);
  const models::Analysis analysis = models::analyse(run);
  ASSERT_EQ(analysis.rooflines.size(), 1U);
  ASSERT_EQ(analysis.rooflines[0].points.size(), 1U);
  EXPECT_DOUBLE_EQ(analysis.rooflines[0].points[0].headroom, 1);
  const std::vector<Check> checks = checks_by("one value", run);
  EXPECT_EQ(checks.at(0).verdict, "warning");
  EXPECT_THAT(
      checks.at(0).finding,
      HasSubstr("is at 100 % of the roof timed beside it, and at 67.9 % of the roof of the run"));
}

TEST(Rules, EfficiencyIsOneFigure) {
  RunData run = run_of({{1, 1, around(1)}, {2, 2, around(0.6)}});
  const auto with_compute = [&](double alone, double on_two) {
    RunData changed = run;
    for (const auto& [ranks, time] : {std::pair(1, alone), std::pair(2, on_two)})
      for (const auto& [metric, value] :
           {std::pair("compute_time", time), std::pair("load_balance", 1.0)}) {
        Record part = run.records[ranks == 1 ? 0 : 3];
        part.metric = metric;
        if (part.metric == "load_balance") part.unit = "1";
        part.median = part.min = part.max = value;
        changed.records.push_back(part);
      }
    return changed;
  };
  const std::vector<Check> agreeing = checks_by("efficiency", with_compute(0.9, 0.45));
  EXPECT_EQ(agreeing.at(0).verdict, "passed") << agreeing.at(0).finding;
  Record share = row_of("workload.made", "load_balance", "1", 1.17);
  run.records.push_back(share);
  const std::vector<Check> checks = checks_by("efficiency", run);
  EXPECT_EQ(checks.at(0).verdict, "warning");
  EXPECT_THAT(checks.at(0).finding, HasSubstr("117 %, more than the whole"));
}

TEST(Rules, ManyContradictionsAreCounted) {
  RunData run;
  for (int i = 0; i < 9; ++i) {
    run.records.push_back(row_of("memory.bandwidth", "rate", "B/s", 1e9));
    run.records.back().median = 1e10;
  }
  const std::vector<Check> checks = checks_by("measured figures", run);
  ASSERT_EQ(checks.size(), 4U);
  EXPECT_THAT(checks.back().finding, HasSubstr("and 5 more of the kind"));
}

}  // namespace
}  // namespace assay::decision
