#include "reports/gate/decide/stored_comparison.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/sanitized.hpp"

namespace assay::gate {
namespace {

Launch launch_of(double value, MetricKind kind = MetricKind::measured) {
  Launch launch;
  launch.readings["a"] = {"s", Better::lower, kind, {value}, {}};
  return launch;
}

StoredSide launches_of(int count, double level, double noise, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal(0, noise);
  StoredSide side;
  for (int i = 0; i < count; ++i) side.push_back(launch_of(level * std::exp(normal(engine))));
  return side;
}

TEST(StoredComparison, SeveralLaunchesGiveVerdicts) {
  const StoredOptions options;
  const StoredSide base = launches_of(10, 1, 0.005, 1);
  EXPECT_EQ(compare_stored(base, launches_of(10, 1, 0.005, 2), options)[0].verdict, Verdict::same);
  const MetricResult slower = compare_stored(base, launches_of(10, 1.05, 0.005, 3), options)[0];
  EXPECT_EQ(slower.verdict, Verdict::regressed);
  EXPECT_NEAR(slower.change, 0.05, 0.01);
  EXPECT_GT(slower.detectable, 0.01);
  EXPECT_EQ(compare_stored(base, launches_of(10, 0.9, 0.005, 4), options)[0].verdict,
            Verdict::improved);
}

TEST(StoredComparison, TwoLaunchesEachAreTooFew) {
  const MetricResult result =
      compare_stored(launches_of(2, 1, 0.001, 1), launches_of(2, 2, 0.001, 2), {})[0];
  EXPECT_EQ(result.verdict, Verdict::inconclusive);
  EXPECT_NE(result.reason.find("too few"), std::string::npos);
}

TEST(StoredComparison, LaunchesThatCannotConvictSayHowManyCould) {
  // 4 + 4 launches have p = 1/70 at best: enough for one metric at 2 %, never among 40.
  StoredOptions options;
  options.rule.alpha = 0.02;
  StoredSide base = launches_of(4, 1, 0.002, 1), head = launches_of(4, 1.2, 0.002, 2);
  EXPECT_EQ(compare_stored(base, head, options)[0].verdict, Verdict::regressed);
  for (StoredSide* side : {&base, &head})
    for (Launch& launch : *side)
      for (int i = 1; i < 40; ++i)
        launch.readings["b" + std::to_string(i)] = launch_of(1).readings["a"];
  const MetricResult result = compare_stored(base, head, options)[0];
  EXPECT_EQ(result.verdict, Verdict::inconclusive);
  EXPECT_EQ(result.reason,
            "suspected to be worse, but 4 and 4 launches can prove no change of one in 40 metrics; "
            "7 could");
  EXPECT_TRUE(std::isnan(result.detectable)) << "nothing would have been found";
}

TEST(StoredComparison, NothingThatStayedNothingIsTheSameWhereZeroIsAResult) {
  for (const int launches : {1, 6}) {
    Launch zero = launch_of(0);
    const StoredSide some(static_cast<std::size_t>(launches), launch_of(1));
    StoredSide nothing(static_cast<std::size_t>(launches), zero);
    EXPECT_EQ(compare_stored(nothing, nothing, {})[0].verdict, Verdict::inconclusive)
        << "a clock that stands still";
    zero.readings["a"].may_be_zero = true;
    nothing.assign(static_cast<std::size_t>(launches), zero);
    EXPECT_EQ(compare_stored(nothing, nothing, {})[0].verdict, Verdict::same);
    EXPECT_EQ(compare_stored(nothing, some, {})[0].verdict, Verdict::inconclusive);
  }
}

TEST(StoredComparison, OneLaunchEachAllowsForLaunchNoise) {
  StoredOptions options;
  EXPECT_NE(compare_stored({launch_of(1)}, {launch_of(1.05)}, options)[0].verdict,
            Verdict::regressed)
      << "5 % is within what launches differ by, at 2 %";
  EXPECT_EQ(compare_stored({launch_of(1)}, {launch_of(1.15)}, options)[0].verdict,
            Verdict::regressed);
  options.launch_noise = 0.002;
  EXPECT_EQ(compare_stored({launch_of(1)}, {launch_of(1.05)}, options)[0].verdict,
            Verdict::regressed);
}

TEST(StoredComparison, OneLaunchAndAnAssumedNoiseAreASuspicionOnly) {
  StoredOptions options;
  options.launch_noise_stated = false;
  for (const double head : {3.0, 0.3}) {
    const MetricResult result = compare_stored({launch_of(1)}, {launch_of(head)}, options)[0];
    EXPECT_EQ(result.verdict, Verdict::inconclusive);
    EXPECT_NE(result.reason.find(head > 1 ? "suspected to be worse" : "suspected to be better"),
              std::string::npos)
        << result.reason;
  }
  EXPECT_EQ(
      compare_stored(launches_of(10, 1, 0.005, 1), launches_of(10, 1.05, 0.005, 3), options)[0]
          .verdict,
      Verdict::regressed)
      << "several launches show their noise";
}

TEST(StoredComparison, RepetitionsOfOneLaunchDoNotCountAsLaunches) {
  // Identical programs, two launches 3 % apart, 30 tight repetitions each: a U test is sure of
  // itself.
  Launch base, head;
  base.readings["a"] = {"s", Better::lower, MetricKind::measured, {}, {}};
  head.readings["a"] = base.readings["a"];
  for (int i = 0; i < 30; ++i) {
    base.readings["a"].values.push_back(1 + 1e-4 * i);
    head.readings["a"].values.push_back(1.03 + 1e-4 * i);
  }
  EXPECT_NE(compare_stored({base}, {head}, {})[0].verdict, Verdict::regressed);
}

TEST(StoredComparison, ExactCountersFailOnAnyChange) {
  const auto exact = [](double value) { return launch_of(value, MetricKind::exact); };
  EXPECT_EQ(compare_stored({exact(10)}, {exact(10)}, {})[0].verdict, Verdict::same);
  EXPECT_EQ(compare_stored({exact(10)}, {exact(9)}, {})[0].verdict, Verdict::regressed);
}

TEST(StoredComparison, OneSideOnlyIsInconclusive) {
  Launch head = launch_of(1);
  head.readings["b"] = head.readings["a"];
  const auto results = compare_stored({launch_of(1)}, {head}, {});
  EXPECT_EQ(results.at(1).verdict, Verdict::inconclusive);
  EXPECT_EQ(results.at(1).reason, "missing in base");
  EXPECT_TRUE(results.at(1).incomplete);
  EXPECT_FALSE(results.at(0).incomplete);
}

TEST(StoredComparison, LaunchesThatFailedAreNotLeftOut) {
  // Half of head's launches never ended: the quick half is no evidence that nothing changed.
  const StoredSide base = launches_of(10, 1, 0.001, 1);
  StoredSide head = launches_of(10, 1, 0.001, 2);
  for (std::size_t i = 0; i < 5; ++i) {
    head[i].readings.clear();
    head[i].absences["a"] = "timed_out: after 10 s";
  }
  const MetricResult result = compare_stored(base, head, {})[0];
  EXPECT_EQ(result.verdict, Verdict::inconclusive);
  EXPECT_EQ(result.reason, "missing in 5 of 10 launches of head (timed_out: after 10 s)");
  EXPECT_TRUE(result.incomplete);
}

TEST(StoredComparison, ACountThatVariesIsNoExactCounter) {
  const auto exact = [](double value) { return launch_of(value, MetricKind::exact); };
  const MetricResult result = compare_stored({exact(10), exact(11)}, {exact(10), exact(11)}, {})[0];
  EXPECT_EQ(result.verdict, Verdict::inconclusive);
  EXPECT_NE(result.reason.find("no exact counter"), std::string::npos);
}

TEST(StoredComparison, TheFamilyOfManyMetricsKeepsItsPromise) {
  ASSAY_SKIP_UNDER_SANITIZERS();
  // 40 metrics, 8 launches each of the same thing: 200 comparisons. At a false-red rate of 10 % the
  // chance to pass is 1e-6.
  std::mt19937_64 engine(5);
  std::normal_distribution<double> normal(0, 0.02);
  const auto side = [&] {
    StoredSide launches(8);
    for (Launch& launch : launches)
      for (int i = 0; i < 40; ++i)
        launch.readings["m" + std::to_string(i)] = {
            "s", Better::lower, MetricKind::measured, {std::exp(normal(engine))}, {}};
    return launches;
  };
  int red = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const auto results = compare_stored(side(), side(), {});
    red += std::any_of(results.begin(), results.end(),
                       [](const MetricResult& r) { return r.verdict == Verdict::regressed; });
  }
  EXPECT_LE(red, 6);
}

TEST(StoredComparison, TheClaimSaysWhatItRestsOn) {
  EXPECT_NE(stored_claim(1, 5, {}).find("One launch"), std::string::npos);
  EXPECT_NE(stored_claim(5, 5, {}).find("weaker than paired"), std::string::npos);
}

}  // namespace
}  // namespace assay::gate
