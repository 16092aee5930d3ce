/// An installed Assay as its users meet it: a project configured and built against the prefix, a
/// workload of its own in the study, a marked kernel below the roofs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probes/core/host_name.hpp"
#include "probes/run/run_directory.hpp"
#include "tests/cli/program.hpp"
#include "tests/paths.hpp"

namespace assay::test {
namespace {

using ::testing::HasSubstr;

/// Installed and built once for all tests of this file: it is what takes the time.
class Consumer : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    must({ASSAY_CMAKE, "--install", ASSAY_BUILD_DIR, "--prefix", prefix()});
    must({ASSAY_CMAKE, "-S", std::string(ASSAY_SOURCE_DIR) + "/tests/consumer", "-B", "build", "-G",
          ASSAY_GENERATOR, "-DCMAKE_PREFIX_PATH=" + prefix(),
          std::string("-DCMAKE_CXX_COMPILER=") + ASSAY_CXX, "-DCMAKE_BUILD_TYPE=Debug",
          "-DCMAKE_CXX_FLAGS=-O1 -Wall -Wextra -Werror"});
    must({ASSAY_CMAKE, "--build", "build", "--parallel", "2"});
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  static std::string prefix() { return (*folder_ / "prefix").string(); }
  static Ended run(const std::vector<std::string>& command) {
    return run_command(command, folder_->path());
  }
  static void must(const std::vector<std::string>& command) {
    const Ended ended = run(command);
    ASSERT_EQ(ended.exit_status, 0) << ended.output << ended.errors;
  }
  static TemporaryFolder* folder_;
};
TemporaryFolder* Consumer::folder_ = nullptr;

TEST_F(Consumer, TheInstalledProgramRuns) {
  const Ended ended = run({prefix() + "/bin/assay", "--version"});
  EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_THAT(ended.output, HasSubstr("assay 0."));
}

TEST_F(Consumer, AWorkloadFromOutsideIsListedAndStudiedLikeOurs) {
  EXPECT_THAT(run({"build/studied", "list"}).output, HasSubstr("workload.pi"));
  const Ended ended = run({"build/studied", "suite", "pi", "--ranks", "1,2", "--launches", "2",
                           "--profile", "quick", "--output", "study"});
  ASSERT_EQ(ended.exit_status, 0) << ended.errors;
  int steps = 0, regions = 0;
  for (const Record& row : read_run(*folder_ / "study").records) {
    EXPECT_TRUE(carries_numbers(row.status)) << row.reason.str();
    steps += row.probe == "workload.pi" && row.metric == "step_time";
    if (row.probe != "region") continue;
    EXPECT_EQ(row.operation, "midpoints");
    ++regions;
  }
  EXPECT_EQ(steps, 5);
  EXPECT_EQ(regions, 2 * steps) << "time and rate of every launch";
  EXPECT_THAT(run({"build/studied", "report", "study"}).exit_status, ::testing::AnyOf(0, 3));
}

/// What a program without C++ leaves: its rows are read like ours.
void expect_regions(const std::filesystem::path& directory, std::string_view name) {
  int rows = 0;
  for (const Record& row : read_run(directory).records) {
    EXPECT_EQ(row.operation, name);
    EXPECT_EQ(row.probe, "region");
    ++rows;
  }
  EXPECT_GE(rows, 2) << "time, and the traffic that was declared";
}

TEST_F(Consumer, AProgramInCMarksItsRegions) {
  const Ended ended = run({"build/marked_c", "from_c"});
  ASSERT_EQ(ended.exit_status, 0) << ended.errors;
  expect_regions(*folder_ / "from_c", "fill from C");
  const Ended refused = run({"build/marked_c", "/proc/assay"});
  EXPECT_EQ(refused.exit_status, 4);
  EXPECT_THAT(refused.errors, HasSubstr("/proc/assay"));
}

TEST_F(Consumer, AProgramInFortranMarksItsRegions) {
  if (!std::filesystem::exists(*folder_ / "build/marked_fortran"))
    GTEST_SKIP() << "no Fortran compiler";
  ASSERT_EQ(run({"build/marked_fortran", "from_fortran"}).exit_status, 0);
  expect_regions(*folder_ / "from_fortran", "scale from Fortran");
}

TEST_F(Consumer, PkgConfigFindsTheLibrary) {
  const std::string settings = run({"sh", "-c",
                                    "PKG_CONFIG_PATH=$(dirname $(find '" + prefix() +
                                        "' -name assay.pc)) pkg-config --cflags --libs assay"})
                                   .output;
  EXPECT_THAT(settings, HasSubstr("-lassay"));
  must(
      {"sh", "-c",
       "cc -x c " + std::string(ASSAY_SOURCE_DIR) +
           "/tests/consumer/marked_kernel.c -o by_pkg_config $(PKG_CONFIG_PATH=$(dirname $(find '" +
           prefix() + "' -name assay.pc)) pkg-config --cflags --libs assay)"});
  EXPECT_EQ(run({"./by_pkg_config", "from_pkg_config"}).exit_status, 0);
}

/// What `assay probe` would write, at once.
void make_roofs(const std::filesystem::path& directory) {
  RunWriter writer(directory, false);
  Record peak{.probe = "compute.peak_flops", .metric = "rate", .unit = "FLOP/s"};
  peak.dtype = "f64";
  peak.operation = "fma";
  Record bandwidth{.probe = "memory.bandwidth", .metric = "rate", .unit = "B/s"};
  bandwidth.level = "DRAM";
  bandwidth.operation = "read";
  for (Record* row : {&peak, &bandwidth}) {
    row->host = host_name();
    row->threads = 1;
    writer.put(with_samples(*row, {row == &peak ? 1e15 : 1e12}));
  }
  writer.finish("complete");
}

TEST_F(Consumer, AMarkedKernelStandsBelowTheRoof) {
  make_roofs(*folder_ / "node");
  for (int launch = 1; launch <= 2; ++launch) {
    const Ended marked = run({"build/marked", "node"});
    ASSERT_EQ(marked.exit_status, 0) << marked.errors;
  }
  const Ended report = run({prefix() + "/bin/assay", "report", "node"});
  ASSERT_THAT(report.exit_status, ::testing::AnyOf(0, 3)) << report.errors;
  const RunData data = read_run(*folder_ / "node");
  std::vector<double> rates;
  for (const Record& row : data.records) {
    if (row.probe != "region") continue;
    EXPECT_EQ(row.samples, 9);
    if (row.metric == "rate") rates.push_back(row.median);
    if (row.metric == "intensity") {
      EXPECT_NEAR(row.median, 1.0 / 12, 1e-12);
    }
  }
  ASSERT_EQ(rates.size(), 2u);
  const double rate = (rates[0] + rates[1]) / 2;
  int points = 0;
  for (const ModelRow& row : data.models)
    // Two launches of one kernel are one point.
    if (row.model == "roofline" && row.parameter == "headroom region triad") {
      ++points;
      EXPECT_NEAR(row.value, 1e12 / 12 / rate, 1e-6 * row.value);
      EXPECT_THAT(row.note, HasSubstr("bound by DRAM"));
    }
  EXPECT_EQ(points, 1);
  EXPECT_THAT(read_text(*folder_ / "node/report.html"), HasSubstr("region triad"));
}

TEST_F(Consumer, ADirectoryThatCannotBeWrittenIsSaid) {
  const Ended ended = run({"build/marked", "/proc/none"});
  EXPECT_EQ(ended.exit_status, 4);
  EXPECT_THAT(ended.errors, HasSubstr("/proc/none"));
}

}  // namespace
}  // namespace assay::test
