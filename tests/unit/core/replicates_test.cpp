#include "probes/core/replicates.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>

#include "probes/core/sampler.hpp"

namespace assay {
namespace {

/// A machine whose speed is known, and a clock that only it moves.
class PlantedMachine {
 public:
  struct Ways {
    double launch = 0;       ///< Log deviation between launches.
    double drift = 0;        ///< Relative, per hour.
    double states = 0;       ///< Two states so far apart, as likely as each other, one per launch.
    double correlation = 0;  ///< Of neighbouring samples (AR(1)).
  };
  PlantedMachine(Ways ways, std::uint64_t seed) : ways_(ways), generator_(seed) {}

  void launch() {
    launch_effect_ = ways_.launch * normal_(generator_);
    if (ways_.states > 0) launch_effect_ += (generator_() % 2 == 0 ? 0.5 : -0.5) * ways_.states;
    noise_ = normal_(generator_);
  }
  double measure() {
    clock_ += 1_ms;
    noise_ = ways_.correlation * noise_ +
             std::sqrt(1 - ways_.correlation * ways_.correlation) * normal_(generator_);
    return std::exp(launch_effect_ + trend() + 0.01 * noise_);
  }
  void wait(Seconds time) { clock_ += time; }
  [[nodiscard]] Seconds now() const { return clock_; }
  [[nodiscard]] double trend() const { return ways_.drift * (clock_ / 3600_s); }

 private:
  Ways ways_;
  std::mt19937_64 generator_;
  std::normal_distribution<double> normal_;
  double launch_effect_ = 0, noise_ = 0;
  Seconds clock_;
};

/// How often the interval of a run of five rounds, 12 s apart, holds the machine's own speed at the
/// middle of the run.
double coverage(const PlantedMachine::Ways& ways, int trials = 2000, int rounds = 5) {
  int held = 0;
  for (int trial = 0; trial < trials; ++trial) {
    PlantedMachine machine(ways, static_cast<std::uint64_t>(trial) + 1);
    const SamplerClock clock{.wall = [&] { return machine.now(); },
                             .cpu = [&] { return machine.now(); }};
    std::vector<double> medians;
    Interval within;
    for (int round = 0; round < rounds; ++round) {
      machine.launch();
      const SampleOptions options{.min_samples = 25, .relative_interval = 0, .time_cap = 1_s};
      const Samples samples = sample(
          options, [&] { return machine.measure(); }, clock);
      medians.push_back(median(samples.values));
      within = median_interval(samples.values);
      machine.wait(12_s);
    }
    const double truth = std::exp(ways.drift * (machine.now() / 2 / 3600_s));
    held += summarise_rounds(medians, within).interval.contains(truth) ? 1 : 0;
  }
  return static_cast<double>(held) / trials;
}

TEST(Replicates, IntervalsHoldAMachineWithALaunchEffect) {
  const double share = coverage({.launch = 0.02});
  EXPECT_GE(share, 0.92);
  EXPECT_LE(share, 0.97);
}

TEST(Replicates, IntervalsHoldAMachineThatDrifts) {
  const double share = coverage({.launch = 0.005, .drift = 0.03});
  EXPECT_GE(share, 0.92);
  EXPECT_LE(share, 0.97);
}

TEST(Replicates, IntervalsHoldAMachineWithTwoStates) {
  const double share = coverage({.states = 0.05});
  EXPECT_GE(share, 0.92);
  EXPECT_LE(share, 0.97);
}

TEST(Replicates, IntervalsHoldWhereNeighbouringSamplesResembleEachOther) {
  for (const double correlation : {0.3, 0.6, 0.9}) {
    const double share = coverage({.correlation = correlation});
    EXPECT_GE(share, 0.92) << "AR(1) " << correlation;
    EXPECT_LE(share, 0.97) << "AR(1) " << correlation;
  }
}

TEST(Replicates, IsStudentsTOfTheLogs) {
  // ln: 0, 0.1, 0.2; mean 0.1, s = 0.1, t(0.975; 2) = 4.302653, half = 0.248414
  const std::array<double, 3> medians{1, std::exp(0.1), std::exp(0.2)};
  const RoundsSummary summary = summarise_rounds(medians, {});
  EXPECT_DOUBLE_EQ(summary.value, std::exp(0.1));
  EXPECT_NEAR(summary.between_spread, 0.1, 1e-12);
  EXPECT_NEAR(summary.interval.low, std::exp(0.1 - 0.248414), 1e-6);
  EXPECT_NEAR(summary.interval.high, std::exp(0.1 + 0.248414), 1e-6);
}

TEST(Replicates, AFamilyModeratesWhatFewRoundsSay) {
  // s~^2 = (3 0.02^2 + 2 0.1^2) / 5, t(0.975; 5) = 2.570582
  const std::array<double, 3> medians{1, std::exp(0.1), std::exp(0.2)};
  const RoundsSummary summary = summarise_rounds(medians, {}, {.spread = 0.02, .degrees = 3});
  const double spread = std::sqrt((3 * 0.0004 + 2 * 0.01) / 5);
  EXPECT_NEAR(std::log(summary.interval.high), 0.1 + 2.570582 * spread / std::sqrt(3.0), 1e-6);
}

TEST(Replicates, ASingleRoundSpeaksOfItself) {
  const std::array<double, 1> medians{2};
  const RoundsSummary summary = summarise_rounds(medians, {1.9, 2.2});
  EXPECT_EQ(summary.interval.low, 1.9);
  EXPECT_EQ(summary.interval.high, 2.2);
  EXPECT_EQ(summary.between_spread, 0);
}

TEST(Replicates, ASingleRoundBorrowsTheSpreadOfItsFamily) {
  const std::array<double, 1> medians{2};
  const RoundsSummary summary =
      summarise_rounds(medians, {1.999, 2.001}, {.spread = 0.03, .degrees = 3});
  EXPECT_EQ(summary.between_spread, 0.03);
  EXPECT_NEAR(std::log(summary.interval.high / 2), 3.182446 * 0.03, 1e-4);
}

TEST(Replicates, EarlierRunsWidenWhereTheyLieFurtherApart) {
  const std::array<double, 3> medians{1, 1.001, 1.002};
  const RoundsSummary narrow = summarise_rounds(medians, {}, {}, {.spread = 1e-5, .degrees = 4});
  const RoundsSummary wide = summarise_rounds(medians, {}, {}, {.spread = 0.05, .degrees = 4});
  EXPECT_LT(relative_half_width(narrow.value, narrow.interval), 0.004);
  EXPECT_NEAR(std::log(wide.interval.high / 1.001), 2.776445 * 0.05, 1e-4);
}

TEST(Replicates, ASingleRoundWithEarlierRunsSaysWhatItsIntervalIsMadeOf) {
  const std::array<double, 1> medians{2};
  const RoundsSummary summary =
      summarise_rounds(medians, {1.99, 2.01}, {}, {.spread = 0.05, .degrees = 4});
  EXPECT_EQ(summary.between_spread, 0.05);
  EXPECT_NEAR(std::log(summary.interval.high / 2), 2.776445 * 0.05, 1e-4);
}

TEST(Replicates, ACountThatEveryRoundRepeatsIsKnown) {
  const std::array<double, 4> counts{48, 48, 48, 48};
  const RoundsSummary summary = summarise_rounds(counts, {48, 48}, {.spread = 0.1, .degrees = 3});
  EXPECT_EQ(summary.interval.low, 48);
  EXPECT_EQ(summary.interval.high, 48);
  const std::array<double, 3> nothing{0, 0, 0};
  EXPECT_EQ(summarise_rounds(nothing, {0, 0}).interval.high, 0);
}

TEST(Replicates, TheIntervalReachesToTheMedianItStandsBeside) {
  // One round in fourteen was slow: the mean of the logs leaves the median.
  std::vector<double> medians(14, 1.0);
  medians.back() = 3;
  const RoundsSummary summary = summarise_rounds(medians, {});
  EXPECT_EQ(summary.value, 1);
  EXPECT_TRUE(summary.interval.contains(1));
}

TEST(DependenceFactor, IsOneForIndependentAndGrowsWithTheCorrelation) {
  std::mt19937_64 generator(3);
  std::normal_distribution<double> normal;
  const auto series = [&](double correlation) {
    std::vector<double> values;
    double noise = 0;
    for (int i = 0; i < 4000; ++i) {
      noise = correlation * noise + std::sqrt(1 - correlation * correlation) * normal(generator);
      values.push_back(noise);
    }
    return values;
  };
  EXPECT_NEAR(dependence_factor(series(0)), 1, 0.05);
  EXPECT_NEAR(dependence_factor(series(0.6)), 2, 0.2);  // sqrt(1.6 / 0.4)
  EXPECT_NEAR(dependence_factor(series(0.9)), std::sqrt(19.0), 0.7);
  const std::array<double, 3> few{1, 2, 3};
  EXPECT_EQ(dependence_factor(few), 1);
  const std::array<double, 9> equal{1, 1, 1, 1, 1, 1, 1, 1, 1};
  EXPECT_EQ(dependence_factor(equal), 1);
}

TEST(DependenceFactor, MakesTheSamplerGoOnWhereNeighboursResembleEachOther) {
  const auto samples_taken = [](double correlation) {
    PlantedMachine machine({.correlation = correlation}, 7);
    machine.launch();
    const SamplerClock clock{.wall = [&] { return machine.now(); },
                             .cpu = [&] { return machine.now(); }};
    const SampleOptions options{.min_samples = 2000, .relative_interval = 0.002, .time_cap = 100_s};
    return sample(
               options, [&] { return machine.measure(); }, clock)
        .values.size();
  };
  EXPECT_GT(samples_taken(0.9), 4 * samples_taken(0.0));
}

}  // namespace
}  // namespace assay
