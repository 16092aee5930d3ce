// Logs of other tools, as those tools print them.
#include "reports/import/import.hpp"

#include <gtest/gtest.h>

#include "probes/core/errors.hpp"
#include "reports/models/laws/amdahl.hpp"
#include "reports/models/messages/alpha_beta.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/unit/import/logs.hpp"

namespace assay::import {
namespace {

class Import : public testing::Test {
 protected:
  static RunData read(const std::string& content) { return read_log(content); }
};

TEST_F(Import, TimesCsvKeepsRepeatsAsLaunches) {
  const RunData run =
      read("# my cluster\nranks,time,nodes\n1,1.0,1\n1,1.02,1\n2,0.6,2\n2,0.61,2\n");
  ASSERT_EQ(run.records.size(), 4U);
  EXPECT_EQ(run.records[1].launch, "2");
  EXPECT_EQ(run.records[3].nodes, 2);
  const auto series = models::scaling_series(run);
  ASSERT_EQ(series.size(), 1U);
  EXPECT_EQ(series[0].points[0].times, (std::vector{1.0, 1.02}));
  EXPECT_TRUE(models::fit_amdahl(series[0]));
}

TEST_F(Import, TimesCsvWithoutNodesKnowsNoTier) {
  const auto series = models::scaling_series(read("time,ranks\n1.0,1\n0.6,2\n0.4,4\n"));
  ASSERT_EQ(series.size(), 1U);
  EXPECT_TRUE(series[0].reach.tiers.empty());
  EXPECT_EQ(models::label_at(8, series[0].reach), Label::projected);
}

TEST_F(Import, OsuLatencyGivesAlphaAndBeta) {
  const RunData run = read(
      "# OSU MPI Latency Test v7.1\n# Size          Latency (us)\n# Datatype: MPI_CHAR.\n"
      "0                       1.00\n1024                    1.10\n4096                    "
      "1.41\n65536                   7.55\n");
  ASSERT_EQ(run.records.size(), 4U);
  EXPECT_DOUBLE_EQ(run.records[0].median, 1e-6);
  const auto fits = models::alpha_beta_fits(run);
  ASSERT_EQ(fits.size(), 1U);
  EXPECT_NEAR(fits[0].segments[0].alpha.value.value(), 1e-6, 3e-8);
  EXPECT_NEAR(fits[0].segments[0].beta.value.value(), 1e-10, 5e-12);
}

TEST_F(Import, OsuCollectiveAndBandwidth) {
  const RunData reduce = read(
      "# OSU MPI Allreduce Latency Test v7.1\n# Size       Avg Latency(us)   Min Latency(us)   Max "
      "Latency(us)  Iterations\n"
      "4                       2.50              2.00              3.00        1000\n");
  EXPECT_EQ(reduce.records.at(0).probe, "collective.allreduce");
  EXPECT_DOUBLE_EQ(reduce.records[0].median, 2.5e-6);
  const RunData rate =
      read("# OSU MPI Bandwidth Test v7.1\n# Size      Bandwidth (MB/s)\n1048576      12000.00\n");
  EXPECT_EQ(rate.records.at(0).metric, "rate");
  EXPECT_DOUBLE_EQ(rate.records[0].median, 12e9);
}

TEST_F(Import, NcclTestsCountsRanksAndRefusesWrongResults) {
  const RunData run = read(
      "# nThread 1 nGpus 1 minBytes 8 maxBytes 16 step: 2(factor) warmup iters: 5 iters: 20 agg "
      "iters: 1 validation: 1 graph: 0\n"
      "# Using devices\n"
      "#  Rank  0 Group  0 Pid  1 on   node1 device  0 [0x07] H\n"
      "#  Rank  1 Group  0 Pid  2 on   node2 device  0 [0x07] H\n"
      "#                                                       out-of-place                       "
      "in-place          \n"
      "#       size         count      type   redop    root     time   algbw   busbw #wrong     "
      "time   algbw   busbw #wrong\n"
      "#        (B)    (elements)                               (us)  (GB/s)  (GB/s)            "
      "(us)  (GB/s)  (GB/s)       \n"
      "     1048576        262144     float     sum      -1    50.00   20.97   20.97      0    "
      "49.00   21.40   21.40      0\n"
      "     2097152        524288     float     sum      -1    80.00   26.21   26.21      3    "
      "79.00   26.55   26.55    N/A\n"
      "# Out of bounds values : 0 OK\n# Avg bus bandwidth    : 5.0\n");
  ASSERT_EQ(run.records.size(),
            7U);  // 2 x (time, bus), one incorrect row, then one unverified pair
  const Record& first = run.records[0];
  EXPECT_EQ(first.probe, "collective.allreduce");
  EXPECT_EQ(first.ranks, 2);
  EXPECT_EQ(first.nodes, 2);
  EXPECT_EQ(first.dtype, "f32");
  EXPECT_DOUBLE_EQ(first.median, 50e-6);
  EXPECT_DOUBLE_EQ(run.records[1].median, 20.97e9);
  EXPECT_EQ(run.records[4].status, Status::incorrect);
  EXPECT_FALSE(is_present(run.records[4].median));
  EXPECT_EQ(run.records[5].status, Status::untrusted);
}

TEST_F(Import, GoogleBenchmarkRanksFromNameOrThreads) {
  const RunData run = read(R"({"context": {}, "benchmarks": [
    {"name": "step/ranks:1", "run_type": "iteration", "real_time": 10.0, "time_unit": "ms", "threads": 1},
    {"name": "step/ranks:4", "run_type": "iteration", "real_time": 3.0, "time_unit": "ms", "threads": 1},
    {"name": "step/ranks:4", "run_type": "iteration", "real_time": 3.1, "time_unit": "ms", "threads": 1},
    {"name": "step/ranks:4_mean", "run_type": "aggregate", "real_time": 3.05, "time_unit": "ms", "threads": 1},
    {"name": "other/threads:8", "run_type": "iteration", "real_time": 7.0, "time_unit": "us", "threads": 8},
    {"name": "bad", "run_type": "iteration", "error_occurred": true, "error_message": "no device", "real_time": 0.0, "time_unit": "ns"}]})");
  ASSERT_EQ(run.records.size(), 5U);
  EXPECT_EQ(run.records[1].ranks, 4);
  EXPECT_EQ(run.records[2].launch, "2");
  EXPECT_EQ(run.records[1].operation, "step");
  EXPECT_EQ(run.records[3].ranks, 8);
  EXPECT_EQ(run.records[3].operation, "other");
  EXPECT_EQ(run.records[4].status, Status::incorrect);
}

/// What plans read is one machine's: rows of another would be taken for further launches.
TEST_F(Import, ADirectoryOfTwoMachinesIsNoSource) {
  const test::TemporaryFolder folder;
  for (const char* host : {"a", "b"}) {
    RunWriter writer(folder / "run", *host == 'b');
    writer.set("hosts", {{{"host", host}, {"cpu_model", "Xeon"}, {"cores", 8}}});
    Record row{.probe = "workload.exec", .metric = "step_time", .unit = "s", .host = host};
    writer.put(with_samples(row, {1, 2, 3}));
    writer.finish("complete");
  }
  EXPECT_EQ(read_any(folder / "run").records.size(), 2u);  // for a report, which shows them apart
  try {
    (void)read_all({folder / "run"});
    FAIL() << "two machines were taken for one";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what())
                  .find("holds sessions of different machines or versions: "
                        "session 1 on a (Xeon)"),
              std::string::npos)
        << error.what();
  }
}

TEST_F(Import, RefusesWhatItDoesNotKnow) {
  for (const char* wrong :
       {"", "hello\n", "{\"context\": {}}", "{broken", "# OSU MPI Latency Test\n",
        "# OSU MPI Latency Test\n8 fast\n", "# OSU MPI Frobnication Test\n8 1\n", "ranks,time\n",
        "ranks,time\n1,1,1\n1.5,2\n", "ranks,time\n1.5,2\n", "ranks,time\n1e300,2\n",
        "# busbw\n1024 x\n", "{\"benchmarks\": []}"})
    EXPECT_THROW((void)read(wrong), InputError) << wrong;
}

}  // namespace
}  // namespace assay::import
