/// A cluster of GPUs of which there are logs alone: what `plan buy` answers, and that every number
/// of the logs stands on the page.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/cli/program.hpp"
#include "tests/paths.hpp"

namespace assay::test {
namespace {

using testing::HasSubstr;

constexpr double step_flops = 8e15, gemm = 500e12, price = 30;

/// s of an all-reduce of `bytes` over the ranks: a planted law, with a ring's share of the bytes.
double all_reduce_time(int ranks, double bytes, int launch) {
  const double rate = ranks == 8 ? 480e9 : ranks == 16 ? 380e9 : 360e9;
  const double time = (20 + 5 * ranks / 8) * 1e-6 + 2.0 * (ranks - 1) / ranks * bytes / rate;
  return time * (1 + 0.01 * (launch - 2));
}

class ImportedCluster : public testing::Test {
 protected:
  void SetUp() override {
    write("nvbandwidth.json",
          R"json({"nvbandwidth": {"CUDA Runtime Version": 12040, "testcases": [
              {"name": "host_to_device_memcpy_ce", "status": "Passed",
               "bandwidth_description": "memcpy CE CPU(row) -> GPU(column) bandwidth (GB/s)",
               "bandwidth_matrix": [["55.50", "55.25"]]},
              {"name": "device_local_copy", "status": "Passed",
               "bandwidth_description": "memcpy local GPU(column) bandwidth (GB/s)",
               "bandwidth_matrix": [["2500.00", "2512.00"]]}]}})json");
    write("gemm.csv", "figure,value,unit,dtype\ngemm,500,TFLOP/s,bf16\n");
    write("prices.csv",
          "name,price_per_hour,currency,as_of,relative_speed\nh100x8,30,USD,2026-11-01,1\n");
    for (const int ranks : {8, 16, 32})
      for (const int launch : {1, 2, 3}) write_nccl(ranks, launch);
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    logs_ += name == "prices.csv" ? "" : " " + name;
  }
  void write_nccl(int ranks, int launch) {
    std::string log = "# Collective test starting: all_reduce_perf\n# Using devices\n";
    for (int rank = 0; rank < ranks; ++rank)
      log += fmt::format("#  Rank {:2} Group  0 Pid {} on node{} device  {} [0x1b] NVIDIA H100\n",
                         rank, 100 + rank, rank / 8, rank % 8);
    log +=
        "#       size         count      type   redop    root     time   algbw   busbw  #wrong\n"
        "#        (B)    (elements)                               (us)  (GB/s)  (GB/s)\n";
    for (double bytes = 1 << 20; bytes <= 1 << 29; bytes *= 4) {
      const double time = all_reduce_time(ranks, bytes, launch);
      log += fmt::format("{:.0f} {:.0f} float sum -1 {:.2f} {:.2f} {:.2f} 0\n", bytes, bytes / 4,
                         time * 1e6, bytes / time * 1e-9,
                         bytes / time * 1e-9 * 2 * (ranks - 1) / ranks);
    }
    write(fmt::format("nccl-{}-{}.txt", ranks, launch), log + "# Out of bounds values : 0 OK\n");
  }
  Ended assay(const std::string& arguments) {
    return run_command({"bash", "-c", std::string(ASSAY_PROGRAM) + " " + arguments},
                       folder_.path());
  }
  TemporaryFolder folder_;
  std::string logs_;
};

TEST_F(ImportedCluster, PlanBuyAnswersAndSaysThatItIsImported) {
  const Ended ended = assay("plan buy" + logs_ +
                            " --prices prices.csv --step-flops 8e15 --reduce-bytes 256MiB "
                            "--steps 1000000 --deadline 2000h --nodes 1,2,4 --format json");
  ASSERT_EQ(ended.exit_status, 0) << ended.errors;
  const auto answer = nlohmann::json::parse(ended.output);
  ASSERT_EQ(answer.at("rows").size(), 3u);
  for (const auto& row : answer.at("rows")) {
    const int ranks = static_cast<int>(row.at("ranks").get<double>());
    // By hand: the product on every rank, then the all-reduce of the middle launch.
    const double hours =
        1e6 * (step_flops / (ranks * gemm) + all_reduce_time(ranks, 256 << 20, 2)) / 3600;
    EXPECT_NEAR(row.at("time_h").get<double>(), hours, 2e-3 * hours) << ranks;
    EXPECT_LT(row.at("time_low_h").get<double>(), hours);
    EXPECT_GT(row.at("time_high_h").get<double>(), hours);
    EXPECT_NEAR(row.at("cost").get<double>(), hours * price * ranks / 8,
                2e-3 * hours * price * ranks / 8);
  }
  EXPECT_THAT(ended.output, HasSubstr("[measured; modelled from imported logs]"));
  EXPECT_THAT(ended.output, HasSubstr("not measured: 8e+15 FLOP at 500 TFLOP/s on each rank"));
  EXPECT_THAT(ended.output + ended.errors,
              HasSubstr("nccl-16-2.txt (nccl-tests): all-reduce (sum), 16 ranks on 2 nodes, f32, 5 "
                        "sizes, 1 MiB to 256 MiB"));
}

TEST_F(ImportedCluster, EveryNumberIsOnThePage) {
  const Ended ended = assay("report" + logs_ + " --one-machine --output page.html --tables tables");
  ASSERT_EQ(ended.exit_status, 0) << ended.errors;
  std::string tables;
  for (const auto& file : std::filesystem::directory_iterator(folder_ / "tables"))
    tables += read_text(file.path());
  const std::string page = read_text(folder_ / "page.html");
  for (const char* figure : {"5.55e+10", "5.525e+10", "2.5e+12", "2.512e+12", "5e+14"})
    EXPECT_THAT(tables, HasSubstr(figure));
  for (const char* shown : {"55.5 GB/s", "55.2 GB/s", "2.50 TB/s", "2.51 TB/s", "500 TFLOP/s",
                            "nccl-8-1.txt", "nccl-32-3.txt", "nvbandwidth.json", "gemm.csv"})
    EXPECT_NE(page.find(shown), std::string::npos) << shown;
}

}  // namespace
}  // namespace assay::test
