#include "reports/gate/decide/paired_gate.hpp"

#include <gtest/gtest.h>

#include <random>

#include "probes/core/errors.hpp"
#include "reports/gate/decide/pair_plan.hpp"

namespace assay::gate {
namespace {

/// A fake program: metric "a" with noise, slower in head by a factor, one second per launch on a
/// fake clock.
struct FakeProgram {
  double slow_down = 1;
  double noise = 0.005;
  Seconds time{0};
  std::vector<Side> order;
  std::mt19937_64 engine{3};

  Launch operator()(Side side) {
    order.push_back(side);
    time += Seconds(1);
    std::normal_distribution<double> normal(0, noise);
    Launch launch;
    Reading& reading = launch.readings["a"];
    reading.unit = "s";
    reading.values = {std::exp(normal(engine)) * (side == Side::head ? slow_down : 1)};
    return launch;
  }
};

GateOptions plan_for(FakeProgram& program) {
  GateOptions options;
  options.clock = [&program] { return program.time; };
  return options;
}

TEST(PairOrder, BalancesLevelDriftAndCurvature) {
  double drift = 0, curvature = 0;
  for (std::size_t pair = 0; pair < 4; ++pair) {
    const auto order = pair_order(pair);
    EXPECT_NE(order[0], order[1]);
    for (std::size_t i = 0; i < 2; ++i) {
      const double time = static_cast<double>(2 * pair + i);
      drift += (order[i] == Side::head ? 1 : -1) * time;
      curvature += (order[i] == Side::head ? 1 : -1) * time * time;
    }
  }
  EXPECT_DOUBLE_EQ(drift, 0);
  EXPECT_DOUBLE_EQ(curvature, 0);
}

TEST(PairedGate, NoChangeStopsAfterTheScreening) {
  FakeProgram program;
  const GateReport report = run_paired_gate(std::ref(program), plan_for(program));
  EXPECT_EQ(report.exit_code(), ExitCode::done);
  EXPECT_EQ(program.order.size(), 2u + 12u);
  EXPECT_EQ(report.metrics.at(0).verdict, Verdict::same);
  EXPECT_EQ(report.metrics.at(0).stage, "screen");
  EXPECT_GT(report.metrics.at(0).detectable, 0.01);
}

TEST(PairedGate, ASlowDownIsConfirmedOnFreshPairs) {
  FakeProgram program;
  program.slow_down = 1.05;
  const GateReport report = run_paired_gate(std::ref(program), plan_for(program));
  EXPECT_EQ(report.exit_code(), ExitCode::regression);
  EXPECT_EQ(program.order.size(), 2u + 12u + 40u);
  const MetricResult& metric = report.metrics.at(0);
  EXPECT_EQ(metric.stage, "confirm");
  EXPECT_EQ(metric.base_values.size(), 20u) << "the screening's pairs have no part in the verdict";
  EXPECT_NEAR(metric.change, 0.05, 0.005);
  EXPECT_LT(metric.change_low, metric.change);
  EXPECT_LT(metric.p_value, 0.01);
}

TEST(PairedGate, ASpeedUpIsGreen) {
  FakeProgram program;
  program.slow_down = 0.9;
  const GateReport report = run_paired_gate(std::ref(program), plan_for(program));
  EXPECT_EQ(report.exit_code(), ExitCode::done);
  EXPECT_EQ(report.metrics.at(0).verdict, Verdict::improved);
}

TEST(PairedGate, AMetricThatFreshLaunchesLackIsNotDecidedByTheScreening) {
  // "b" is unchanged, and head stops to print it after the screening; "a" calls for fresh pairs.
  FakeProgram program;
  program.slow_down = 1.05;
  const auto source = [&](Side side) {
    Launch launch = program(side);
    const bool late = program.order.size() > 2 + 12;
    if (side == Side::base || !late) launch.readings["b"] = {"s", Better::lower, {}, {1.0}, {}};
    return launch;
  };
  const GateReport report = run_paired_gate(source, plan_for(program));
  EXPECT_EQ(report.metrics.at(0).verdict, Verdict::regressed);
  EXPECT_EQ(report.metrics.at(1).verdict, Verdict::inconclusive);
  EXPECT_TRUE(report.metrics.at(1).incomplete);
  EXPECT_EQ(report.metrics.at(1).reason, "missing in 20 of 20 launches of head");
}

TEST(PairedGate, ABudgetTooSmallForTheScreeningDecidesNothing) {
  FakeProgram program;
  GateOptions options = plan_for(program);
  options.budget = Seconds(7);
  const GateReport report = run_paired_gate(std::ref(program), options);
  EXPECT_EQ(report.exit_code(), ExitCode::inconclusive);
  EXPECT_NE(report.refusal.find("budget"), std::string::npos);
  EXPECT_EQ(report.metrics.at(0).verdict, Verdict::inconclusive);
}

TEST(PairedGate, ABudgetTooSmallToConfirmDecidesNothing) {
  FakeProgram program;
  program.slow_down = 1.05;
  GateOptions options = plan_for(program);
  options.budget = Seconds(20);  // 14 launches, then room for 3 pairs; 7 are needed
  GateReport report = run_paired_gate(std::ref(program), options);
  EXPECT_EQ(report.exit_code(), ExitCode::inconclusive);
  EXPECT_NE(report.metrics.at(0).reason.find("7 fresh pairs are needed"), std::string::npos)
      << report.metrics.at(0).reason;
  report.inconclusive = InconclusivePolicy::pass;
  EXPECT_EQ(report.exit_code(), ExitCode::inconclusive)
      << "nothing was decided, so nothing is green";
  report.inconclusive = InconclusivePolicy::fail;
  EXPECT_EQ(report.exit_code(), ExitCode::regression);
}

TEST(PairedGate, ASmallerBudgetTakesFewerPairsButEnough) {
  FakeProgram program;
  program.slow_down = 1.10;
  GateOptions options = plan_for(program);
  options.budget = Seconds(14 + 20);
  const GateReport report = run_paired_gate(std::ref(program), options);
  EXPECT_EQ(report.rule.confirm_pairs, 10);
  EXPECT_EQ(report.exit_code(), ExitCode::regression);
}

/// Fast, until neighbours stretch every launch.
struct DraggedProgram : FakeProgram {
  Seconds usual{0.2}, dragged{5};
  std::size_t undisturbed = 6;
  Launch operator()(Side side) {
    const Seconds before = time;
    Launch launch = FakeProgram::operator()(side);
    time = before + (order.size() <= undisturbed ? usual : dragged);
    return launch;
  }
};

TEST(PairedGate, NeighboursCannotDragAShortProgramOn) {
  DraggedProgram program;
  program.slow_down = 1.10;
  program.dragged = Seconds(2);
  const GateReport report = run_paired_gate(std::ref(program), plan_for(program));
  EXPECT_LT(program.time.value(), 60);
  EXPECT_LT(report.rule.confirm_pairs, 20);
  EXPECT_EQ(report.exit_code(), ExitCode::regression) << "fewer pairs, and enough";

  program = DraggedProgram{};
  program.slow_down = 1.10;
  const GateReport stopped = run_paired_gate(std::ref(program), plan_for(program));
  EXPECT_LT(program.time.value(), 70) << "no pair is begun that would not end in time";
  EXPECT_EQ(stopped.exit_code(), ExitCode::inconclusive);
  ASSERT_FALSE(stopped.metrics.empty());
  EXPECT_NE(stopped.metrics.at(0).reason.find("budget"), std::string::npos)
      << stopped.metrics.at(0).reason << stopped.refusal;
}

TEST(PairedGate, ALongProgramGetsItsTime) {
  DraggedProgram program;
  program.slow_down = 1.05;
  program.usual = program.dragged = Seconds(30);
  const GateReport report = run_paired_gate(std::ref(program), plan_for(program));
  EXPECT_EQ(report.rule.confirm_pairs, 20);
  EXPECT_EQ(report.exit_code(), ExitCode::regression);
}

TEST(PairedGate, ZeroPairsAreRefused) {
  FakeProgram program;
  GateOptions options = plan_for(program);
  options.rule.screen_pairs = 0;
  EXPECT_THROW((void)run_paired_gate(std::ref(program), options), UsageError);
}

TEST(PairedGate, AMetricOfOneSideOnlyIsInconclusive) {
  FakeProgram program;
  const LaunchSource source = [&](Side side) {
    Launch launch = program(side);
    if (side == Side::head) launch.readings["new"] = launch.readings["a"];
    return launch;
  };
  const GateReport report = run_paired_gate(source, plan_for(program));
  EXPECT_EQ(report.exit_code(), ExitCode::inconclusive);
  ASSERT_EQ(report.metrics.size(), 2u);
  EXPECT_NE(report.metrics[1].reason.find("missing in 6 of 6 launches of base"), std::string::npos);
}

TEST(PairedGate, AProgramWithoutMetricsIsInconclusive) {
  FakeProgram program;
  const LaunchSource source = [&](Side) { return Launch{}; };
  EXPECT_EQ(run_paired_gate(source, plan_for(program)).exit_code(), ExitCode::inconclusive);
}

TEST(PairedGate, AnExactCounterFailsOnAnyChange) {
  FakeProgram program;
  double bytes = 1000;
  const LaunchSource source = [&](Side side) {
    Launch launch = program(side);
    Reading& reading = launch.readings["bytes"];
    reading.kind = MetricKind::exact;
    reading.better = Better::neither;
    reading.unit = "B";
    reading.values = {side == Side::head ? bytes : 1000};
    return launch;
  };
  EXPECT_EQ(run_paired_gate(source, plan_for(program)).exit_code(), ExitCode::done);
  bytes = 999;  // fewer bytes are a change too
  const GateReport report = run_paired_gate(source, plan_for(program));
  EXPECT_EQ(report.exit_code(), ExitCode::regression);
  EXPECT_NE(report.metrics.at(1).reason.find("1000 to 999"), std::string::npos);
}

TEST(PairedGate, ACounterThatVariesIsNoExactCounter) {
  FakeProgram program;
  int launches = 0;
  const LaunchSource source = [&](Side side) {
    Launch launch = program(side);
    Reading& reading = launch.readings["count"];
    reading.kind = MetricKind::exact;
    reading.values = {static_cast<double>(++launches)};
    return launch;
  };
  const GateReport report = run_paired_gate(source, plan_for(program));
  EXPECT_EQ(report.exit_code(), ExitCode::inconclusive);
}

TEST(PairedGate, FittedFractionsAreComparedByDifference) {
  FakeProgram program;
  std::mt19937_64 engine(5);
  std::normal_distribution<double> noise(0, 0.001);
  const LaunchSource source = [&](Side side) {
    Launch launch = program(side);
    Reading& reading = launch.readings["amdahl serial_fraction (x)"];
    reading.kind = MetricKind::fitted;
    reading.unit = "1";
    reading.values = {(side == Side::head ? 0.05 : 0.0) + noise(engine)};
    return launch;
  };
  const GateReport report = run_paired_gate(source, plan_for(program));
  const MetricResult& metric = report.metrics.at(1);
  EXPECT_EQ(metric.verdict, Verdict::regressed);
  EXPECT_TRUE(metric.by_difference);
  EXPECT_NEAR(metric.change, 0.05, 0.002);
}

TEST(PairedGate, ZeroAndNegativeValuesGiveNoVerdict) {
  FakeProgram program;
  const LaunchSource source = [&](Side) {
    Launch launch;
    launch.readings["zero"].values = {0};
    return launch;
  };
  const GateReport report = run_paired_gate(source, plan_for(program));
  EXPECT_EQ(report.exit_code(), ExitCode::inconclusive);
}

TEST(PairedGate, NothingThatStayedNothingIsTheSameWhereZeroIsAResult) {
  FakeProgram program;
  const LaunchSource source = [&](Side) {
    Launch launch;
    launch.readings["exposed_time"].values = {0};
    launch.readings["exposed_time"].may_be_zero = true;
    return launch;
  };
  EXPECT_EQ(run_paired_gate(source, plan_for(program)).exit_code(), ExitCode::done);
}

TEST(PairedGate, IdenticalProgramsStayGreenAtOrdinaryNoise) {
  // 200 runs over 20 metrics at 1 % launch noise. A rule with a false-red rate of 10 % would pass
  // here with probability 1e-6; the real rate is far below 1 %.
  int red = 0;
  std::mt19937_64 engine(11);
  std::normal_distribution<double> noise(0, 0.01);
  std::vector<std::string> names;
  for (int i = 0; i < 20; ++i) names.push_back("m" + std::to_string(i));
  const LaunchSource source = [&](Side) {
    Launch launch;
    for (const std::string& name : names) launch.readings[name].values = {std::exp(noise(engine))};
    return launch;
  };
  GateOptions options;
  options.clock = [] { return Seconds(0); };
  for (int run = 0; run < 200; ++run)
    red += run_paired_gate(source, options).exit_code() == ExitCode::regression;
  EXPECT_LE(red, 6);
}

}  // namespace
}  // namespace assay::gate
