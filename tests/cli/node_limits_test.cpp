/// The node probes where they may use less than the machine has, or know less of it: each point
/// ends in a smaller measurement, or in a row that says why there is none.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>

#include "probes/host/topology.hpp"
#include "probes/run/csv.hpp"
#include "tests/cli/program.hpp"
#include "tests/paths.hpp"

namespace assay::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::vector<int> allowed_cpus() {
  cpu_set_t set;
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  return cpus;
}

/// `assay probe NAMES` in short, put behind `prefix`; its rows.
std::vector<Record> measure_in(const TemporaryFolder& folder, const std::string& prefix,
                               const std::string& names) {
  const std::string command = fmt::format(
      "{} {} probe {} --profile quick --rounds 1 --memory-cap 512MiB --memory.bandwidth.time_cap "
      "2ms "
      "--memory.latency.time_cap 2ms --output run",
      prefix, ASSAY_PROGRAM, names);
  const Ended ended = run_command({"sh", "-c", command}, folder.path());
  EXPECT_EQ(ended.exit_status, 0) << command << "\n" << ended.errors;
  if (ended.exit_status != 0) return {};
  return csv::read_measurements(folder / "run/measurements.csv");
}

class Limited : public ::testing::Test {
 protected:
  const TemporaryFolder folder_;
  std::vector<Record> measure(const std::string& prefix, const std::string& names) {
    return measure_in(folder_, prefix, names);
  }
};

/// No row is without both a number and a reason.
void expect_number_or_reason(const std::vector<Record>& rows) {
  EXPECT_FALSE(rows.empty());
  for (const Record& row : rows) {
    if (row.status == Status::ok || row.status == Status::untrusted) {
      EXPECT_GT(row.median, 0) << row.probe.str() << " " << row.operation.str();
    } else {
      EXPECT_FALSE(is_present(row.median));
    }
    if (row.status != Status::ok) {
      EXPECT_NE(row.reason.str(), "") << row.probe.str() << " " << row.operation.str();
    }
  }
}

std::vector<Record> rows_of(const std::vector<Record>& rows, std::string_view operation) {
  std::vector<Record> found;
  std::ranges::copy_if(rows, std::back_inserter(found),
                       [&](const Record& row) { return row.operation == operation; });
  return found;
}

TEST_F(Limited, OneCpuLeavesOutWhatNeedsTwo) {
  if (!is_installed("taskset")) GTEST_SKIP() << "taskset is not installed";
  const auto rows = measure(fmt::format("taskset -c {}", allowed_cpus().back()), "memory.latency");
  expect_number_or_reason(rows);
  for (const Record& row : rows) EXPECT_LE(row.threads, 1) << row.operation.str();
  for (const char* operation : {"loaded", "core_to_core"}) {
    const auto found = rows_of(rows, operation);
    ASSERT_EQ(found.size(), 1U) << operation;
    EXPECT_EQ(found[0].status, Status::unsupported);
    EXPECT_THAT(found[0].reason.str(), HasSubstr("one usable core"));
  }
}

/// The largest resident set of any process that ended below this one.
Bytes peak_of_children() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  return Bytes(1024.0 * static_cast<double>(usage.ru_maxrss));
}

/// One run for several limits, as it touches a gibibyte: on two CPUs (1 and 3 of four), with caches
/// that hwloc does not know, without huge pages.
TEST_F(Limited, TwoCpusWithUnknownCachesAndSmallPagesGiveWhatTheyCan) {
  const std::vector<int> allowed = allowed_cpus();
  if (!is_installed("taskset")) GTEST_SKIP() << "taskset is not installed";
  if (allowed.size() < 2) GTEST_SKIP() << "one CPU is allowed here";
  if (allowed.back() + 1 != static_cast<int>(allowed.size()))
    GTEST_SKIP() << "the allowed CPUs are not 0 to n-1, which an invented topology counts by";
  if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) != 0)
    GTEST_SKIP() << "huge pages cannot be switched off for a process here";
  const std::vector<int> cpus = {allowed.size() > 2 ? 1 : 0, allowed.back()};
  const Bytes cap = std::min(discover_machine().memory_cap, 512_MiB);
  const auto rows = measure(fmt::format("HWLOC_THISSYSTEM=1 "
                                        "HWLOC_SYNTHETIC='node:1 core:{} pu:1' taskset -c {}",
                                        allowed.size(), fmt::join(cpus, ",")),
                            "memory.latency");
  prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
  expect_number_or_reason(rows);

  const auto exchange = rows_of(rows, "core_to_core");
  ASSERT_EQ(exchange.size(), 1U);
  EXPECT_EQ(exchange[0].topology.str(), fmt::format("pu{}>pu{}", cpus[0], cpus[1]));

  EXPECT_GT(rows_of(rows, "random").size(), 5U);
  for (const Record& row : rows)
    if (row.operation == "loaded") {
      EXPECT_NE(row.status, Status::ok);
    } else {
      EXPECT_EQ(row.level.str(), "") << row.operation.str();
    }

  int large = 0;
  for (const Record& row : rows_of(rows, "random")) {
    if (row.bytes < std::int64_t{64} << 20 || !is_present(row.median)) continue;
    ++large;
    EXPECT_EQ(row.status, Status::untrusted) << row.bytes;
    EXPECT_THAT(row.reason.str(), HasSubstr("huge pages"));
  }
  if (cap >= 512_MiB) {
    EXPECT_GT(large, 0);
  }

  EXPECT_GT(peak_of_children(), 1_MiB);
  EXPECT_LE(peak_of_children(), 0.6 * cap + 64_MiB) << "its buffers, and the program itself";
}

/// A control group with one limit, of version 1 or 2, made for a test and removed after it.
class ControlGroup {
 public:
  ControlGroup(const std::string& controller, const std::string& v1_file,
               const std::string& v1_text, const std::string& v2_file, const std::string& v2_text) {
    const std::string name = fmt::format("assay_test_{}", getpid());
    const fs::path root = "/sys/fs/cgroup";
    if (try_make(root / controller / name, v1_file, v1_text)) return;
    if (fs::exists(root / "cgroup.controllers")) try_make(root / name, v2_file, v2_text);
  }
  ~ControlGroup() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove(folder_, ignored);
  }
  ControlGroup(const ControlGroup&) = delete;
  ControlGroup& operator=(const ControlGroup&) = delete;

  [[nodiscard]] bool exists() const { return !folder_.empty(); }
  /// Of a shell command: what follows runs in the group.
  [[nodiscard]] std::string enter() const {
    return fmt::format("echo $$ > {}/cgroup.procs && exec", folder_.string());
  }
  [[nodiscard]] double number_in(const std::string& v1_file, const std::string& v2_file) const {
    double value = -1;
    for (const std::string& file : {v1_file, v2_file}) {
      std::ifstream in(folder_ / file);
      if (in >> value) break;
    }
    return value;
  }

 private:
  bool try_make(const fs::path& folder, const std::string& file, const std::string& text) {
    std::error_code error;
    if (!fs::is_directory(folder.parent_path(), error) || !fs::create_directory(folder, error))
      return false;
    std::ofstream out(folder / file);
    if (out << text << std::flush) {
      folder_ = folder;
      return true;
    }
    out.close();
    fs::remove(folder, error);
    return false;
  }
  fs::path folder_;
};

TEST_F(Limited, AQuotaGivesTheRoofItBuys) {
  if (allowed_cpus().size() < 2) GTEST_SKIP() << "one CPU is allowed here: a quota of 1.5 is none";
  const ControlGroup group("cpu", "cpu.cfs_quota_us", "150000", "cpu.max", "150000 100000");
  if (!group.exists()) GTEST_SKIP() << "no control group with a CPU quota can be made here";
  const auto rows = measure(group.enter(), "compute.peak_flops");
  expect_number_or_reason(rows);
  int quota_rates = 0;
  for (const Record& row : rows) {
    if (row.metric == "rate" && row.threads > 1 && row.status != Status::unsupported) {
      EXPECT_EQ(row.status, Status::untrusted) << row.isa.str();
      EXPECT_THAT(row.reason.str(), HasSubstr("1.50 CPUs"));
    }
    if (row.metric != "quota_rate" || !is_present(row.median)) continue;
    ++quota_rates;
    for (const Record& one_core : rows)
      if (one_core.metric == "rate" && one_core.threads == 1 && one_core.isa == row.isa &&
          one_core.dtype == row.dtype && one_core.operation == row.operation) {
        EXPECT_NEAR(row.median, 1.5 * one_core.median, 1e-6 * row.median);
      }
  }
  EXPECT_GT(quota_rates, 0);
}

TEST_F(Limited, HalfAGibibyteOfMemoryIsNeitherExceededNorKills) {
  const ControlGroup group("memory", "memory.limit_in_bytes", "536870912", "memory.max",
                           "536870912");
  if (!group.exists()) GTEST_SKIP() << "no control group with a memory limit can be made here";
  const auto rows = measure(group.enter(), "memory compute.gemm roofline");
  expect_number_or_reason(rows);
  const double peak = group.number_in("memory.max_usage_in_bytes", "memory.peak");
  if (peak > 0) {
    EXPECT_LE(peak, 0.6 * 536870912);
  }
}

}  // namespace
}  // namespace assay::test
