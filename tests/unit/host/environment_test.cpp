#include "probes/host/environment.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace assay {
namespace {

using Verdict = ValidityCheck::Verdict;

Machine four_cores() {
  Machine machine;
  machine.allowed_pus = machine.one_pu_per_core = {0, 1, 2, 3};
  machine.caches = {{3, 32_MiB, {0, 1, 2, 3}}};
  machine.numa_nodes = {{0, 16_GiB, {0, 1, 2, 3}}};
  machine.memory_cap = 16_GiB;
  return machine;
}

EnvironmentReading reading(double at, CpuTicks ticks) {
  EnvironmentReading result;
  result.at = Seconds(at);
  result.ticks = ticks;
  result.throttled_periods = 7;
  result.swapped_pages = 100;
  result.governors = {"performance"};
  result.transparent_huge_pages = "madvise";
  result.numa_balancing = false;
  result.smt = false;
  return result;
}

const EnvironmentReading before = reading(0, {1000, 9000, 10});
const EnvironmentReading calm = reading(10, {3000, 11000, 10});

ValidityCheck find(const std::vector<ValidityCheck>& checks, const std::string& name) {
  const auto found =
      std::ranges::find_if(checks, [&](const ValidityCheck& item) { return item.name == name; });
  EXPECT_NE(found, checks.end()) << name;
  return found == checks.end() ? ValidityCheck{} : *found;
}

ValidityCheck judged(const std::string& name, const EnvironmentReading& after,
                     const Machine& machine = four_cores(), std::optional<double> load = 0.0,
                     SpinReading spin = {}) {
  return find(evaluate_environment(machine, "node7", before, after, load, spin), name);
}

TEST(Environment, ACalmMachinePassesEveryCheckWithoutAdvice) {
  const auto checks = evaluate_environment(four_cores(), "node7", before, calm, 0.0, SpinReading{});
  EXPECT_GE(checks.size(), 11u);
  for (const ValidityCheck& item : checks) {
    EXPECT_EQ(item.verdict, Verdict::passed) << item.name << ": " << item.finding;
    EXPECT_TRUE(item.advice.empty()) << item.name;
    EXPECT_FALSE(item.finding.empty()) << item.name;
    EXPECT_EQ(item.host, "node7");
  }
  EXPECT_FALSE(any_failed(checks));
}

TEST(Environment, StealWarnsAboveOneAndFailsAbovePercentFive) {
  // 4000 ticks pass; 80 of them stolen are 2 %, 400 are 10 %.
  EXPECT_EQ(judged("steal", reading(10, {3000, 10920, 90})).verdict, Verdict::warning);
  const ValidityCheck failed = judged("steal", reading(10, {3000, 10600, 410}));
  EXPECT_EQ(failed.verdict, Verdict::failed);
  EXPECT_NE(failed.finding.find("10.0 %"), std::string::npos) << failed.finding;
  EXPECT_FALSE(failed.advice.empty());
}

TEST(Environment, ThrottlingIsCountedBetweenTheReadings) {
  EnvironmentReading after = calm;
  after.throttled_periods = 9;  // 2 of 100 periods
  EXPECT_EQ(judged("throttling", after).verdict, Verdict::warning);
  after.throttled_periods = 60;
  const ValidityCheck failed = judged("throttling", after);
  EXPECT_EQ(failed.verdict, Verdict::failed);
  EXPECT_NE(failed.finding.find("53 times (nr_throttled)"), std::string::npos) << failed.finding;
}

TEST(Environment, WhatCannotBeReadIsUnknownNeverPassed) {
  EnvironmentReading blind;
  blind.at = Seconds(10);
  Machine machine = four_cores();
  machine.cpu_quota = 8;
  machine.numa_nodes.push_back({1, 16_GiB, {}});
  const auto checks = evaluate_environment(machine, "h", blind, blind, std::nullopt, std::nullopt);
  for (const char* name : {"steal", "throttling", "other_load", "governor", "huge_pages",
                           "numa_balancing", "swap", "smt"})
    EXPECT_EQ(find(checks, name).verdict, Verdict::unknown) << name;
}

TEST(Environment, AQuotaBelowTheCoresWarns) {
  Machine machine = four_cores();
  machine.cpu_quota = 1.5;
  const ValidityCheck quota = judged("cpu_quota", calm, machine);
  EXPECT_EQ(quota.verdict, Verdict::warning);
  EXPECT_NE(quota.finding.find("1.50 of 4 cores"), std::string::npos) << quota.finding;
}

TEST(Environment, SpinLoopsShowLostCores) {
  EXPECT_EQ(judged("cpu_wall", calm, four_cores(), 0.0, {0.95, 0}).verdict, Verdict::warning);
  EXPECT_EQ(judged("cpu_wall", calm, four_cores(), 0.0, {0.5, 0}).verdict, Verdict::failed);
  EXPECT_EQ(judged("lost_time", calm, four_cores(), 0.0, {1, 0.02}).verdict, Verdict::warning);
  EXPECT_EQ(judged("lost_time", calm, four_cores(), 0.0, {1, 0.3}).verdict, Verdict::failed);
}

TEST(Environment, OtherLoadGovernorPagesBalancingSwapAndMemory) {
  EXPECT_EQ(judged("other_load", calm, four_cores(), 0.05).verdict, Verdict::warning);
  EXPECT_EQ(judged("other_load", calm, four_cores(), 0.5).verdict, Verdict::failed);
  EnvironmentReading after = calm;
  after.governors = {"performance", "powersave"};
  EXPECT_EQ(judged("governor", after).verdict, Verdict::warning);
  after.transparent_huge_pages = "never";
  EXPECT_EQ(judged("huge_pages", after).verdict, Verdict::warning);
  after.numa_balancing = true;
  EXPECT_EQ(judged("numa_balancing", after).verdict, Verdict::passed) << "one node";
  Machine two_nodes = four_cores();
  two_nodes.numa_nodes.push_back({1, 16_GiB, {}});
  EXPECT_EQ(judged("numa_balancing", after, two_nodes).verdict, Verdict::warning);
  after.swapped_pages = 101;
  EXPECT_EQ(judged("swap", after).verdict, Verdict::failed);
  Machine small = four_cores();
  small.memory_cap = 128_MiB;  // below 4 x 32 MiB / 0.6
  EXPECT_EQ(judged("memory", calm, small).verdict, Verdict::warning);
}

TEST(Environment, LoadOfOthersLeavesOutOurOwn) {
  // 400 ticks on 4 CPUs: 1 s. 100 busy, of which we used 0.6 s: 40 of 400 are others'.
  EnvironmentReading start = reading(0, {0, 0, 0});
  EnvironmentReading end = reading(1, {100, 300, 0});
  end.own_cpu = Seconds(0.6);
  EXPECT_NEAR(load_of_others(start, end).value(), 0.1, 1e-12);
  EXPECT_EQ(load_of_others(start, start), std::nullopt);
}

TEST(Environment, AHeadlineIsRefusedWhileStolenOrThrottled) {
  EXPECT_EQ(refusal(before, calm), "");
  EXPECT_NE(refusal(before, reading(10, {3000, 10600, 410})).find("steal"), std::string::npos);
  EnvironmentReading stopped = calm;
  stopped.throttled_periods = 60;
  EXPECT_NE(refusal(before, stopped).find("53 times"), std::string::npos);
}

TEST(Environment, ReadsTheFilesOfARoot) {
  namespace fs = std::filesystem;
  const fs::path root =
      fs::path(::testing::TempDir()) / ("environment_root_" + std::to_string(getpid()));
  fs::remove_all(root);
  const auto write = [&](const std::string& file, const std::string& text) {
    fs::create_directories((root / file).parent_path());
    std::ofstream(root / file) << text;
  };
  write("proc/stat", "cpu  10 1 20 300 5 2 3 40 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
  write("proc/vmstat", "pgpgin 5\npswpin 11\npswpout 31\n");
  write("proc/self/cgroup", "3:cpu,cpuacct:/job\n");
  write("sys/fs/cgroup/cpu/job/cpu.stat", "nr_periods 9\nnr_throttled 4\nthrottled_time 5\n");
  write("sys/fs/cgroup/cpu/cpu.stat", "nr_periods 9\nnr_throttled 1\nthrottled_time 5\n");
  write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
  write("sys/devices/system/cpu/smt/active", "1\n");
  write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  write("proc/sys/kernel/numa_balancing", "0\n");
  const EnvironmentReading read = read_environment(four_cores(), root);
  ASSERT_TRUE(read.ticks);
  EXPECT_EQ(read.ticks->busy, 36u);
  EXPECT_EQ(read.ticks->idle, 305u);
  EXPECT_EQ(read.ticks->steal, 40u);
  EXPECT_EQ(read.swapped_pages, 42u);
  EXPECT_EQ(read.throttled_periods, 5u) << "the group and those around it";
  EXPECT_EQ(read.governors, std::vector<std::string>{"powersave"});
  EXPECT_EQ(read.transparent_huge_pages, "madvise");
  EXPECT_EQ(read.smt, true);
  EXPECT_EQ(read.numa_balancing, false);
  fs::remove_all(root);
  const EnvironmentReading nothing = read_environment(four_cores(), root);
  EXPECT_FALSE(nothing.ticks || nothing.swapped_pages || nothing.throttled_periods || nothing.smt);
}

TEST(Environment, ASpinReadsBothOfItsFractions) {
  const SpinReading spin = spin_on_all_cores(discover_machine(), 20_ms);
  EXPECT_GT(spin.cpu_wall_ratio, 0.0);
  EXPECT_LE(spin.cpu_wall_ratio, 1.0);
  EXPECT_GE(spin.lost_fraction, 0.0);
  EXPECT_LT(spin.lost_fraction, 1.0);
}

}  // namespace
}  // namespace assay
