#include "probes/compute/roof_rows.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <set>

namespace assay::compute {
namespace {

/// Four cores, one cache; 3 GHz at 4 FLOP per cycle and lane on 8 lanes is 96 GFLOP/s a core.
Machine four_cores() {
  Machine machine;
  machine.cpu_model = "Some CPU @ 2.00GHz";
  machine.allowed_pus = machine.one_pu_per_core = {0, 1, 2, 3};
  machine.llc_domains = {{0, 1, 2, 3}};
  return machine;
}
const KernelFamily family{Operation::fma, "f64", "AVX3", true, {}};

Roof roof_of(double rate) {
  FlopKernel kernel{};
  kernel.lanes = 8;
  kernel.chains = 16;
  return {.kernel = kernel,
          .rates = {rate, rate},
          .clocks = {3e9, 3e9},
          .flops_per_cycle = {3.98, 4.0}};
}

class RoofRowsTest : public testing::Test {
 protected:
  Machine machine_ = four_cores();
  RecordList sink_;
  NodeContext context_{machine_, Profile::quick, sink_, [](double, const std::string&) {},
                       [](const std::string&) { return std::string(); }};
  RoofRows rows_{context_, "compute.peak_flops"};

  const Record& row(std::string_view metric) {
    const auto found = std::find_if(sink_.records.begin(), sink_.records.end(),
                                    [&](const Record& record) { return record.metric == metric; });
    EXPECT_NE(found, sink_.records.end()) << metric;
    return *found;
  }
};

TEST(ThreadSets, AreOneCoreEachDomainAndAll) {
  Machine machine = four_cores();
  EXPECT_EQ(thread_sets(machine).size(), 2U);  // a single domain is all cores
  machine.llc_domains = {{0, 1}, {2, 3}};
  const auto sets = thread_sets(machine);
  ASSERT_EQ(sets.size(), 4U);
  EXPECT_EQ(sets[0].pus.size(), 1U);
  EXPECT_EQ(sets[1].level, "LLC 0");
  EXPECT_EQ(sets[2].pus, (std::vector<int>{2, 3}));
  EXPECT_EQ(sets[3].pus.size(), 4U);
  machine.one_pu_per_core = {3};
  machine.llc_domains = {{3}};
  ASSERT_EQ(thread_sets(machine).size(), 1U);  // a cpuset of one CPU
  EXPECT_EQ(thread_sets(machine)[0].pus, std::vector<int>{3});
}

TEST(ThreadSets, StayInTheCpusetOfTheProcess) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
  int last = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &allowed)) last = cpu;
  const pid_t child = fork();
  if (child == 0) {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(last, &only);
    if (sched_setaffinity(0, sizeof(only), &only) != 0) _exit(2);
    const auto sets = thread_sets(discover_machine());
    _exit(sets.size() == 1 && sets[0].pus == std::vector<int>{last} ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 2) GTEST_SKIP() << "the affinity of a process cannot be set here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(RoofRowsTest, QuotaMarksTheThrottledRoofAndGivesTheOneItBuys) {
  machine_.cpu_quota = 1.5;  // cpu.max 150000 100000
  const ThreadSet one{"", {3}}, all{"", {0, 1, 2, 3}};
  EXPECT_FALSE(rows_.exceeds_quota(one));
  EXPECT_EQ(rows_.with_quota(roof_of(96e9), one).status(), Status::ok);
  const Outcome<Roof> throttled = rows_.with_quota(roof_of(140e9), all);
  EXPECT_EQ(throttled.status(), Status::untrusted);
  EXPECT_NE(throttled.reason().find("1.50 CPUs to 4 threads"), std::string::npos)
      << throttled.reason();
  rows_.put_quota_rate(family, all, roof_of(96e9));
  EXPECT_DOUBLE_EQ(row("quota_rate").median, 1.5 * 96e9);
  EXPECT_EQ(row("quota_rate").threads, 4);
}

TEST_F(RoofRowsTest, NoQuotaMarksNothing) {
  const ThreadSet all{"", {0, 1, 2, 3}};
  EXPECT_EQ(rows_.with_quota(roof_of(384e9), all).status(), Status::ok);
}

TEST_F(RoofRowsTest, TheoreticalPeaksUseWholePipes) {
  rows_.put_theoretical_peaks(family, {"", {0, 1, 2, 3}}, roof_of(380e9));
  EXPECT_DOUBLE_EQ(row("measured_clock_peak").median, 4 * 8 * 4 * 3e9);
  EXPECT_DOUBLE_EQ(row("advertised_clock_peak").median, 4 * 8 * 4 * 2e9);
}

TEST_F(RoofRowsTest, ARoofWithoutNumbersKeepsItsReasonInEachRow) {
  rows_.put_roof(family, {"", {3}}, incorrect("impossible: 12.4"));
  ASSERT_EQ(sink_.records.size(), 4U);
  for (const Record& record : sink_.records) {
    EXPECT_EQ(record.status, Status::incorrect);
    EXPECT_EQ(record.reason, "impossible: 12.4");
    EXPECT_FALSE(is_present(record.median));
  }
}

TEST_F(RoofRowsTest, AnIncorrectSustainedPassHasNoNumber) {
  rows_.put_sustained(family, {"", {3}}, {.first = {1}, .last = {1}, .verified = false});
  EXPECT_EQ(row("sustained_last").status, Status::incorrect);
}

}  // namespace
}  // namespace assay::compute
