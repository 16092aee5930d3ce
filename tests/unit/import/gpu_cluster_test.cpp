// A cluster of GPUs known from logs alone: nvbandwidth, nccl-tests over three rank counts, a matrix
// product's rate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "reports/import/modelled_steps.hpp"
#include "reports/models/fit_all.hpp"
#include "reports/models/laws/series.hpp"
#include "reports/models/roofline.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/unit/import/logs.hpp"

namespace assay::import {
namespace {

using testing::HasSubstr;

/// Of `ranks` ranks, 8 a node: 100 us and 1 ms at 1 MiB and 64 MiB, times ranks/8.
std::string nccl_log(int ranks) {
  std::string log = "# Collective test starting: all_reduce_perf\n# Using devices\n";
  for (int rank = 0; rank < ranks; ++rank)
    log += "#  Rank " + std::to_string(rank) + " Group  0 Pid 9 on node" +
           std::to_string(rank / 8) + " device " + std::to_string(rank % 8) + " [0x00] H100\n";
  log += "# size count type redop root time algbw busbw #wrong\n";
  for (const auto& [bytes, time] : {std::pair(1048576, 100.0), {67108864, 1000.0}}) {
    const double us = time * ranks / 8;
    log += std::to_string(bytes) + " " + std::to_string(bytes / 4) + " float sum -1 " +
           std::to_string(us) + " 0.5 0.9 0\n";
  }
  return log;
}

class GpuCluster : public testing::Test {
 protected:
  void SetUp() override {
    write("a-nvbandwidth.json",
          R"json({"nvbandwidth": {"testcases": [{"name": "device_local_copy", "status": "Passed",
              "bandwidth_description": "bandwidth (GB/s)", "bandwidth_matrix": [["2500.0"]]}]}})json");
    write("gemm.csv", "figure,value,unit,dtype\ngemm,500,TFLOP/s,bf16\n");
    for (const int ranks : {8, 16, 32})
      write("nccl-" + std::to_string(ranks) + ".txt", nccl_log(ranks));
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  test::TemporaryFolder folder_;
};

TEST_F(GpuCluster, FolderOfLogsIsOneMachineWithItsRoofline) {
  const RunData run = read_any(folder_.path());
  EXPECT_EQ(run.run["imported"].size(), 5u);
  const auto rooflines = models::rooflines(run);
  ASSERT_EQ(rooflines.size(), 1u);
  EXPECT_EQ(rooflines[0].dtype, "bf16");
  EXPECT_NEAR(rooflines[0].ridge(rooflines[0].memory[0]).value(), 500e12 / 2500e9, 1e-9);
  EXPECT_EQ(rooflines[0].cores_in_words(), "whole device");
  const std::vector<ModelRow> rows = models::fit_all(run);
  EXPECT_TRUE(std::any_of(rows.begin(), rows.end(), [](const ModelRow& row) {
    return row.model == "roofline" && row.subject == "bf16 whole device";
  }));
}

TEST_F(GpuCluster, StepsAreTheProductAndTheAllReduce) {
  RunData run = read_any(folder_.path());
  add_modelled_steps(run, Flops(8e15), Bytes(67108864));
  for (const auto& [ranks, nodes] : {std::pair(8, 1), {16, 2}, {32, 4}}) {
    const Record step = the_record(run, "workload.gradient", "step_time", absent_count, ranks);
    EXPECT_NEAR(step.median, 8e15 / (ranks * 500e12) + 1e-3 * ranks / 8, 1e-12) << ranks;
    EXPECT_EQ(step.nodes, nodes);
    EXPECT_EQ(step.status, Status::untrusted);
    EXPECT_THAT(step.reason.str(), HasSubstr("not measured: 8e+15 FLOP at 500 TFLOP/s"));
  }
  const auto series = models::scaling_series(run);
  ASSERT_EQ(series.size(), 1u);
  EXPECT_EQ(series[0].ranks_per_node(), 8);
  EXPECT_TRUE(series[0].untrusted);
}

/// Two directions, and two cycles of one process, are no second launch: they would make an interval
/// of what one launch cannot tell.
TEST_F(GpuCluster, ALaunchCountsOnceAndGradientsAreReducedInPlace) {
  const std::string both =
      "# size count type redop root time algbw busbw #wrong time algbw busbw #wrong\n"
      "67108864 16777216 float sum -1 1000 0.5 0.9 0 900 0.5 0.9 0\n";
  for (const int ranks : {8, 16}) {
    std::string log = nccl_log(ranks);
    log.resize(log.find("# size"));
    const std::string name = "both-" + std::to_string(ranks);
    write(name + ".txt", log + both + both);
    write(name + "-again.txt", log + both + both);
  }
  RunData one = read_all({folder_ / "gemm.csv", folder_ / "both-8.txt", folder_ / "both-16.txt"});
  add_modelled_steps(one, Flops(0), Bytes(67108864));
  EXPECT_NEAR(the_record(one, "workload.gradient", "step_time", absent_count, 8).median, 900e-6,
              1e-12);
  EXPECT_EQ(models::scaling_series(one).at(0).points.at(0).times.size(), 1u);
  RunData two = read_all({folder_ / "gemm.csv", folder_ / "both-8.txt", folder_ / "both-16.txt",
                          folder_ / "both-8-again.txt", folder_ / "both-16-again.txt"});
  add_modelled_steps(two, Flops(0), Bytes(67108864));
  EXPECT_EQ(models::scaling_series(two).at(0).points.at(0).times.size(), 2u);
}

TEST_F(GpuCluster, BetweenSizesTheTimeIsInterpolatedAndBeyondThemRefused) {
  RunData run = read_any(folder_.path());
  add_modelled_steps(run, Flops(0), Bytes(8388608));
  // Half way between 1 MiB and 64 MiB on a logarithmic scale: the geometric mean of the times.
  EXPECT_NEAR(the_record(run, "workload.gradient", "step_time", absent_count, 8).median,
              std::sqrt(100e-6 * 1000e-6), 1e-9);
  try {
    add_modelled_steps(run, Flops(1), Bytes(1e9));
    FAIL() << "extrapolated";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("was measured from 1 MiB to 64 MiB, not at"));
  }
}

TEST_F(GpuCluster, WithoutItsPartsThereIsNoStep) {
  RunData run = read_all({folder_ / "nccl-8.txt", folder_ / "nccl-16.txt"});
  EXPECT_THROW(add_modelled_steps(run, Flops(1), Bytes(1048576)), InputError);
  RunData one = read_all({folder_ / "gemm.csv", folder_ / "nccl-8.txt"});
  EXPECT_THROW(add_modelled_steps(one, Flops(1), Bytes(1048576)), InputError);
}

TEST_F(GpuCluster, AFileGivenTwiceIsRefused) {
  try {
    static_cast<void>(read_all({folder_ / "nccl-8.txt", folder_ / "." / "nccl-8.txt"}));
    FAIL() << "its launches counted twice";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("nccl-8.txt: is given twice; expected each file"));
  }
}

}  // namespace
}  // namespace assay::import
