#include <gtest/gtest.h>

#include <map>

#include "benchmarks/workloads/pop_factors.hpp"
#include "probes/core/errors.hpp"
#include "probes/network/rank_probe.hpp"
#include "probes/network/transport/threads.hpp"

namespace assay::workloads {
namespace {

using Settings = std::map<std::string, std::string>;

/// Rows by metric, of one launch on `ranks` threads.
std::map<std::string, Record> launch(int ranks, Settings settings, int number = 1) {
  const auto* const probe = Registry<network::RankProbe>::find("workload.synthetic");
  if (probe == nullptr) throw std::logic_error("workload.synthetic is not registered");
  RecordList kept;
  network::run_as_threads(ranks, [&](network::Communicator& communicator) {
    RecordList dropped;
    network::RankContext context{.communicator = communicator,
                                 .profile = Profile::quick,
                                 .sink = communicator.rank() == 0 ? kept : dropped,
                                 .progress = [](double, const std::string&) {},
                                 .setting = [&](const std::string& key) -> std::string {
                                   const auto found = settings.find(key);
                                   return found == settings.end() ? "" : found->second;
                                 },
                                 .launch = number};
    probe->run(context);
  });
  std::map<std::string, Record> rows;
  for (const Record& row : kept.records) rows[row.metric.str()] = row;
  return rows;
}

// Lower bounds only: a wait is never shorter than asked for, on however busy a machine.
TEST(Synthetic, StepsTakeTheKnownTimeWithMoreRanksThanCores) {
  const Settings settings{{"serial-seconds", "0.004"},
                          {"parallel-seconds", "16ms"},
                          {"bytes", "1KiB"},
                          {"algorithm", "ring"}};
  for (const int ranks : {1, 2, 3, 16}) {
    const auto rows = launch(ranks, settings);
    const double known = 0.004 + 0.016 / ranks;
    ASSERT_TRUE(carries_numbers(rows.at("step_time").status));
    EXPECT_GE(rows.at("step_time").min, known * (1 - 1e-6)) << ranks;
    EXPECT_DOUBLE_EQ(rows.at("true_compute_time").median, known);
    EXPECT_DOUBLE_EQ(rows.at("true_serial_fraction").median, 0.2);
    EXPECT_GE(rows.at("compute_time").min, known * (1 - 1e-6));
    EXPECT_EQ(rows.at("step_time").scaling.str(), "strong");
    EXPECT_EQ(rows.at("step_time").algorithm.str(), "ring");
  }
}

TEST(Synthetic, WeakScalingKeepsThePartOfEachRank) {
  const auto rows = launch(4, {{"scaling", "weak"},
                               {"serial-seconds", "0"},
                               {"parallel-seconds", "0.01"},
                               {"bytes", "0B"}});
  EXPECT_GE(rows.at("step_time").min, 0.01 * (1 - 1e-6));
  EXPECT_EQ(rows.at("step_time").scaling.str(), "weak");
  EXPECT_TRUE(rows.at("step_time").algorithm.empty()) << "nothing was all-reduced";
  EXPECT_EQ(rows.at("true_serial_fraction").median, 0);
}

TEST(Synthetic, AskedForSpreadIsTheSameForOneLaunchAndDiffersBetweenLaunches) {
  const Settings settings{{"serial-seconds", "0"},
                          {"parallel-seconds", "0.02"},
                          {"bytes", "0B"},
                          {"timed-steps", "1"},
                          {"launch-deviation", "0.4"}};
  const auto shortest = [&](int number) { return launch(1, settings, number).at("step_time").min; };
  // exp(0.4 z), z of launches 1 to 4 with seed 1; a busy machine only adds to it.
  double least = 1, most = 0;
  // Again where it added too much.
  for (int attempt = 0; attempt < 50 && least >= 0.02; ++attempt)
    for (int number = 1; number <= 4; ++number) {
      const double time = shortest(number);
      least = std::min(least, time);
      most = std::max(most, time);
    }
  EXPECT_LT(least, 0.02);
  EXPECT_GT(most, 0.02);
}

TEST(Synthetic, RefusesNonsense) {
  for (const Settings& wrong :
       {Settings{{"serial-seconds", "-1"}}, Settings{{"serial-seconds", "soon"}},
        Settings{{"serial-seconds", "0"}, {"parallel-seconds", "0"}}, Settings{{"bytes", "12"}},
        Settings{{"timed-steps", "0"}}, Settings{{"launch-deviation", "2"}},
        Settings{{"algorithm", "token_bus"}}, Settings{{"scaling", "sideways"}}})
    EXPECT_THROW((void)launch(1, wrong), UsageError) << wrong.begin()->first;
}

TEST(PopFactors, MatchAHandWorkedStep) {
  // Two ranks compute 3 s and 1 s of a step of 4 s.
  const std::vector<double> steps = {4};
  const PopFactors factors = pop_factors({{3}, {1}}, steps);
  EXPECT_DOUBLE_EQ(factors.slowest_compute.at(0), 3);
  EXPECT_DOUBLE_EQ(factors.load_balance.at(0), 2. / 3);
  EXPECT_DOUBLE_EQ(factors.communication_efficiency.at(0), 0.75);
  EXPECT_DOUBLE_EQ(factors.parallel_efficiency.at(0), 0.5);
}

}  // namespace
}  // namespace assay::workloads
