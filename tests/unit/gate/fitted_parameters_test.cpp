#include "reports/gate/decide/fitted_parameters.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/sanitized.hpp"

namespace assay::gate {
namespace {

/// Launches of a strong-scaling workload with known serial fraction, and of a line with known alpha
/// and beta.
RunData run_with(double serial_fraction, double alpha, double noise, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal(0, noise);
  RunData run;
  for (int launch = 1; launch <= 6; ++launch) {
    for (const int ranks : {1, 2, 4, 8}) {
      Record row;
      row.probe = "workload.gradient";
      row.metric = "step_time";
      row.unit = "s";
      row.scaling = "strong";
      row.provider = "shm";
      row.ranks = ranks;
      row.launch = std::to_string(launch);
      row.median = (serial_fraction + (1 - serial_fraction) / ranks) * std::exp(normal(engine));
      run.records.push_back(row);
    }
    for (const int bytes : {8, 1024, 65536, 1048576}) {
      Record row;
      row.probe = "network.alpha_beta";
      row.metric = "time";
      row.unit = "s";
      row.operation = "ping_pong";
      row.provider = "shm";
      row.bytes = bytes;
      row.launch = std::to_string(launch);
      row.median = (alpha + 1e-10 * bytes) * std::exp(normal(engine));
      run.records.push_back(row);
    }
  }
  return run;
}

const MetricResult& named(const std::vector<MetricResult>& results, const std::string& start) {
  for (const MetricResult& result : results)
    if (result.name.starts_with(start)) return result;
  throw std::runtime_error("no " + start);
}

TEST(FittedParameters, RecoversWhatTheDataWereMadeOf) {
  for (const FittableParameter& parameter : fittable_parameters({run_with(0.05, 2e-6, 0, 1)})) {
    EXPECT_TRUE(parameter.launches);
    if (parameter.name.starts_with("serial")) {
      EXPECT_NEAR(estimate(parameter), 0.05, 1e-6);
    }
    if (parameter.name.starts_with("alpha")) {
      EXPECT_NEAR(estimate(parameter), 2e-6, 1e-11);
    }
    if (parameter.name.starts_with("beta")) {
      EXPECT_NEAR(estimate(parameter), 1e-10, 1e-15);
    }
  }
}

TEST(FittedParameters, FindsTheParameterThatChanged) {
  const auto base = fittable_parameters({run_with(0.05, 2e-6, 0.005, 1)});
  const auto head = fittable_parameters({run_with(0.10, 3e-6, 0.005, 2)});
  const auto results = compare_parameters(base, head, {}, 199);
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(named(results, "serial").verdict, Verdict::regressed);
  EXPECT_TRUE(named(results, "serial").by_difference);
  EXPECT_NEAR(named(results, "serial").change, 0.05, 0.01);
  EXPECT_EQ(named(results, "alpha").verdict, Verdict::regressed);
  EXPECT_NEAR(named(results, "alpha").change, 0.5, 0.05);
  EXPECT_EQ(named(results, "beta").verdict, Verdict::same);
}

TEST(FittedParameters, EqualRunsAreNotRed) {
  ASSAY_SKIP_UNDER_SANITIZERS();
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto results =
        compare_parameters(fittable_parameters({run_with(0.05, 2e-6, 0.01, seed)}),
                           fittable_parameters({run_with(0.05, 2e-6, 0.01, seed + 100)}), {}, 99);
    for (const MetricResult& result : results)
      EXPECT_NE(result.verdict, Verdict::regressed) << result.name;
  }
}

TEST(FittedParameters, OneSideOnlyIsInconclusive) {
  const auto base = fittable_parameters({run_with(0.05, 2e-6, 0.005, 1)});
  for (const MetricResult& result : compare_parameters(base, {}, {})) {
    EXPECT_EQ(result.verdict, Verdict::inconclusive);
    EXPECT_EQ(result.reason, "missing in head");
  }
}

TEST(FittedParameters, ARoofOfOneLaunchAllowsForLaunchNoise) {
  const auto roof = [](double rate) {
    RunData run;
    Record row;
    row.probe = "compute.peak_flops";
    row.metric = "rate";
    row.unit = "FLOP/s";
    row.median = rate;
    run.records = {row};
    return fittable_parameters({run});
  };
  EXPECT_NE(compare_parameters(roof(100e9), roof(96e9), {})[0].verdict, Verdict::regressed);
  EXPECT_EQ(compare_parameters(roof(100e9), roof(80e9), {})[0].verdict, Verdict::regressed);
}

/// Roofs of 60 kinds, each from `launches` launches with noise of 1 %.
std::vector<RunData> roofs(int launches, std::mt19937_64& engine) {
  std::normal_distribution<double> normal(0, 0.01);
  std::vector<RunData> runs(static_cast<std::size_t>(launches));
  for (RunData& run : runs)
    for (int kind = 0; kind < 60; ++kind) {
      Record row;
      row.probe = "compute.peak_flops";
      row.metric = "rate";
      row.unit = "FLOP/s";
      row.isa = "isa" + std::to_string(kind);
      row.median = 1e9 * std::exp(normal(engine));
      run.records.push_back(row);
    }
  return runs;
}

TEST(FittedParameters, FewLaunchesThatHappenToAgreeConvictNobody) {
  std::mt19937_64 engine(7);
  for (const int launches : {2, 3, 4}) {
    int red = 0;
    for (int run = 0; run < 20; ++run) {
      const auto base = fittable_parameters(roofs(launches, engine));
      const auto head = fittable_parameters(roofs(launches, engine));
      for (const MetricResult& result : compare_parameters(base, head, {}, 49))
        red += result.verdict == Verdict::regressed;
    }
    EXPECT_EQ(red, 0) << launches << " launches, 1,200 parameters";
  }
}

TEST(FittedParameters, ASizeOfOneRunDoesNotTakeTheLaunchesAway) {
  std::vector<RunData> runs(3);
  for (RunData& run : runs)
    for (const std::int64_t bytes : {8, 1024, 65536}) {
      Record row;
      row.probe = "network.alpha_beta";
      row.metric = "time";
      row.unit = "s";
      row.bytes = bytes;
      row.median = 2e-6 + 1e-10 * static_cast<double>(bytes);
      run.records.push_back(row);
    }
  runs[1].records.push_back(runs[1].records[1]);
  runs[1].records.back().bytes = 1100;  // looked closer at
  for (const FittableParameter& parameter : fittable_parameters(runs)) {
    EXPECT_TRUE(parameter.launches) << parameter.name;
    EXPECT_EQ(parameter.points.size(), 3u);
  }
}

TEST(FittedParameters, WhatMadeALaunchSlowIsDrawnWhole) {
  // Every launch is off by one factor for all sizes: alpha must be as uncertain as the launches.
  std::vector<RunData> base(4), head(4);
  const std::vector<double> factors{0.9, 1.0, 1.1, 1.2};
  for (std::size_t launch = 0; launch < 4; ++launch)
    for (const double bytes : {8.0, 1024.0, 65536.0, 262144.0, 1048576.0}) {
      Record row;
      row.probe = "network.alpha_beta";
      row.metric = "time";
      row.unit = "s";
      row.bytes = static_cast<std::int64_t>(bytes);
      row.median = (2e-6 + 1e-10 * bytes) * factors[launch];
      base[launch].records.push_back(row);
      row.median = (2e-6 + 1e-10 * bytes) * factors[3 - launch];
      head[launch].records.push_back(row);
    }
  const auto results =
      compare_parameters(fittable_parameters(base), fittable_parameters(head), {}, 199);
  EXPECT_LT(named(results, "alpha").change_low, -0.1);
  EXPECT_GT(named(results, "alpha").change_high, 0.1);
}

}  // namespace
}  // namespace assay::gate
