// What a log states beside its numbers makes another measurement of each: two queue depths, thread
// counts or compilers are no launches of one another.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "reports/import/launch_line.hpp"
#include "reports/import/settings.hpp"
#include "reports/models/roofline.hpp"
#include "tests/unit/import/logs.hpp"

namespace assay::import {
namespace {

using testing::HasSubstr;

/// The medians of each operation of a metric, by "operation|ranks|threads|algorithm".
std::map<std::string, std::vector<double>> subjects(const RunData& run, const std::string& metric) {
  std::map<std::string, std::vector<double>> found;
  for (const Record& record : run.records) {
    if (record.metric.str() != metric) continue;
    std::string key = record.operation.str();
    if (is_present(record.ranks)) key += fmt::format("|{} ranks", record.ranks);
    if (is_present(record.threads)) key += fmt::format("|{} threads", record.threads);
    if (!record.algorithm.empty()) key += "|" + record.algorithm.str();
    found[key].push_back(record.median);
  }
  return found;
}
using Subjects = std::map<std::string, std::vector<double>>;

TEST(ImportSettings, OfPytestStandInTheName) {
  const RunData run = read_log(R"({"machine_info": {}, "benchmarks": [
    {"name": "test_a[4-2]", "params": {"n": 4, "workers": 2}, "stats": {"min": 9, "max": 12, "median": 10}},
    {"name": "test_a[100-4]", "params": {"n": 100, "workers": 4}, "stats": {"min": 90, "max": 120, "median": 105}},
    {"name": "test_a[4-4]", "params": {"n": 4, "workers": 4}, "stats": {"min": 5, "max": 7, "median": 5.5}},
    {"name": "test_b[2-4]", "params": {"nodes": 2, "ppn": 4}, "stats": {"min": 1, "max": 3, "median": 2}},
    {"name": "test_c[8-2]", "params": {"threads": 8, "np": 2}, "stats": {"min": 1, "max": 3, "median": 2}}]})");
  EXPECT_EQ(subjects(run, "step_time"), (Subjects{{"test_a n=4|2 ranks", {10}},
                                                  {"test_a n=4|4 ranks", {5.5}},
                                                  {"test_a n=100|4 ranks", {105}},
                                                  {"test_b|8 ranks", {2}},
                                                  {"test_c|2 ranks|8 threads", {2}}}));
  EXPECT_EQ(run.records[3].nodes, 2);
}

std::string results_of(const std::vector<std::pair<std::string, std::string>>& commands) {
  std::string results;
  double mean = 1;
  for (const auto& [command, parameters] : commands) {
    results += fmt::format(
        R"({}{{"command": "{}", "mean": {}, "times": [{}], "exit_codes": [0], "parameters": {}}})",
        results.empty() ? "" : ",", command, mean, mean, parameters);
    ++mean;
  }
  return fmt::format(R"({{"results": [{}]}})", results);
}

TEST(ImportSettings, RanksThatACommandLaunchesAreThoseOfTheTime) {
  const RunData run = read_log(results_of({{"mpirun -np 16 ./a --workers 2", R"({"workers": "2"})"},
                                           {"mpirun -np 16 ./a --workers 4", R"({"workers": "4"})"},
                                           {"mpirun -np 8 ./b", "{}"}}));
  EXPECT_EQ(subjects(run, "step_time"),
            (Subjects{{"mpirun -np {ranks} ./a --workers 2|16 ranks", {1}},
                      {"mpirun -np {ranks} ./a --workers 4|16 ranks", {2}},
                      {"mpirun -np {ranks} ./b|8 ranks", {3}}}));
}

TEST(ImportSettings, ANumberThatEqualsTheRanksStaysInTheCommand) {
  const RunData run = read_log(results_of({{"./d -j 2", R"({"np": "2", "n": "2"})"},
                                           {"./a 2 -j 2", R"({"np": "2", "n": "2"})"},
                                           {"./a 2 -j 4", R"({"np": "4", "n": "2"})"},
                                           {"./c", R"({"np": "4", "kind": "cold"})"}}));
  EXPECT_EQ(subjects(run, "step_time"), (Subjects{{"./d -j {np} n=2|2 ranks", {1}},
                                                  {"./a 2 -j {np}|2 ranks", {2}},
                                                  {"./a 2 -j {np}|4 ranks", {3}},
                                                  {"./c kind=cold|4 ranks", {4}}}));
}

TEST(ImportSettings, ACommandGivenTwiceIsLaunchedOn) {
  const RunData run = read_log(results_of({{"sleep 1", "{}"}, {"sleep 1", "{}"}}));
  EXPECT_EQ(run.records[0].launch, "1");
  EXPECT_EQ(run.records[1].launch, "2");
}

TEST(ImportSettings, LaunchersSayHowManyRanks) {
  const auto ranks = [](const char* line) {
    const auto found = launched_ranks(line);
    return found ? found->ranks : 0;
  };
  EXPECT_EQ(ranks("mpirun -np 4 ./a"), 4);
  EXPECT_EQ(ranks("+ /opt/mpi/bin/mpiexec --bind-to core -n 8 ./a -n 100"), 8);
  EXPECT_EQ(ranks("srun --ntasks=16 --mpi=pmix ./a"), 16);
  EXPECT_EQ(ranks("srun -N 2 -n32 ./a"), 32);
  // The program's own, several programs, and none.
  EXPECT_EQ(ranks("srun ./a -n 100"), 0);
  EXPECT_EQ(ranks("mpirun --oversubscribe a.out -n 5"), 0);
  EXPECT_EQ(ranks("mpirun -np 2 ./a : -np 4 ./b"), 0);
  EXPECT_EQ(ranks("./a -np 4"), 0);
  EXPECT_EQ(ranks("mpirun -np"), 0);
  EXPECT_EQ(ranks("mpirun -np four ./a"), 0);
}

TEST(ImportSettings, OsuTablesBehindTheirLaunchesHaveTheirRanks) {
  const std::string table =
      "# OSU MPI Allreduce Latency Test v7.2\n# Size       Avg Latency(us)\n4    ";
  const RunData run = read_log("+ mpirun -np 4 ./osu_allreduce\n" + table +
                               "1.50\n+ mpirun -np 8 ./osu_allreduce\n" + table + "3.00\n");
  EXPECT_EQ(subjects(run, "time"), (Subjects{{"sum|4 ranks", {1.5e-6}}, {"sum|8 ranks", {3e-6}}}));
  EXPECT_THAT(listing_text(run), HasSubstr("line 2: 4 ranks, as line 1 launches"));
}

TEST(ImportSettings, OfReFrameStandInTheName) {
  const RunData run = read_log(
      "result|job_completion_time|environ|name|num_tasks|partition|system|a_value|a_unit\n"
      "pass|2025-01-31T12:00:00|gnu|stream|4|mc|daint|45.5|GB/s\n"
      "pass|2025-02-01T12:00:00|intel|stream|4|mc|daint|85.5|GB/s\n"
      "pass|2025-02-01T12:00:00|gnu|stream|4|gpu|dom|185.5|GB/s\n");
  EXPECT_EQ(subjects(run, "rate"),
            (Subjects{{"a of stream on daint:mc using gnu|4 ranks", {45.5e9}},
                      {"a of stream on daint:mc using intel|4 ranks", {85.5e9}},
                      {"a of stream on dom:gpu using gnu|4 ranks", {185.5e9}}}));
  const RunData placed = read_log(
      "result|name|num_tasks|num_tasks_per_node|num_cpus_per_task|a_value|a_unit\n"
      "pass|stream|4|2|8|45.5|GB/s\npass|stream|4|2|16|85.5|GB/s\n");
  EXPECT_EQ(subjects(placed, "rate"), (Subjects{{"a of stream|4 ranks|8 threads", {45.5e9}},
                                                {"a of stream|4 ranks|16 threads", {85.5e9}}}));
  EXPECT_EQ(placed.records[0].nodes, 2);
}

std::string stream_of(int threads, const char* rate, const char* seconds) {
  return fmt::format(
      "STREAM version $Revision: 5.10 $\nArray size = 80000000 (elements), Offset = 0 (elements)\n"
      "Number of Threads counted = {}\nFunction    Best Rate MB/s  Avg time     Min time     Max "
      "time\nCopy:           {}     {}     {}     0.2\n",
      threads, rate, seconds, seconds);
}

TEST(ImportSettings, ARoofOfFewerThreadsIsARoofOfItsOwn) {
  const RunData run = read_log(stream_of(1, "10000.0", "0.128") + stream_of(8, "40000.0", "0.032"));
  EXPECT_EQ(subjects(run, "rate"),
            (Subjects{{"copy|1 threads", {10e9}}, {"copy|8 threads", {40e9}}}));
  EXPECT_THAT(listing_text(run), HasSubstr("(copy) DRAM, 1 thread, f64"));
  // The most threads are the whole device, as a rate of a log that names none.
  RunData device = run;
  device.records.push_back({.probe = "compute.peak_flops",
                            .metric = "rate",
                            .unit = unit::flops_per_second,
                            .dtype = "f64",
                            .operation = "gemm",
                            .launch = "1",
                            .samples = 1,
                            .median = 1e12});
  const auto rooflines = models::rooflines(device);
  ASSERT_EQ(rooflines.size(), 1u);
  ASSERT_EQ(rooflines[0].memory.size(), 1u);
  EXPECT_DOUBLE_EQ(rooflines[0].memory[0].rate.value.value(), 40e9);
  RunData core = read_log(stream_of(1, "10000.0", "0.128"));
  core.records.push_back(device.records.back());
  EXPECT_TRUE(models::rooflines(core).empty()) << "one thread is no whole device";
}

std::string likwid_of(int threads, const char* seconds, const char* rate) {
  return fmt::format(
      "LIKWID MICRO BENCHMARK\nTest: copy\nUsing 1 work groups\nUsing {} threads\nTime: {} sec\n"
      "Size (Byte): 2147483648\nData volume (Byte): 64000000000\nMByte/s: {}\n",
      threads, seconds, rate);
}

TEST(ImportSettings, OfLikwidBenchAreItsThreads) {
  const RunData run = read_log(likwid_of(8, "2.0", "32000.00") + likwid_of(1, "6.4", "10000.00"));
  EXPECT_EQ(subjects(run, "rate"),
            (Subjects{{"copy|8 threads", {32e9}}, {"copy|1 threads", {10e9}}}));
}

std::string ior_of(const char* options, const char* before, const char* rate) {
  return fmt::format(
      "Options: \n{}nodes : 1\ntasks : 8\n\naccess    bw(MiB/s)  block(KiB) xfer(KiB)  open(s) "
      "wr/rd(s) close(s) total(s) iter\n{}write     {}    16384 1024.00 0.001 0.12 0.0001 0.128 "
      "0\n",
      options, before, rate);
}

TEST(ImportSettings, OfIorAreItsInterfaceAndItsFiles) {
  const RunData run = read_log(
      ior_of("api : POSIX\naccess : file-per-process\n", "", "1000.00") +
      ior_of("api : MPIIO\naccess : single-shared-file\nordering in a file : random offsets\n", "",
             "250.00"));
  constexpr double mebi = 1048576;
  EXPECT_EQ(subjects(run, "rate"),
            (Subjects{{"write POSIX file-per-process|8 ranks", {1000 * mebi}},
                      {"write MPIIO single-shared-file random|8 ranks", {250 * mebi}}}));
}

TEST(ImportSettings, OtherBytesThanAskedForLeaveIorsRateInDoubt) {
  const RunData run = read_log(ior_of("",
                                      "WARNING: Expected aggregate file size       = 268435456\n"
                                      "WARNING: Stat() of aggregate file size      = 134217728\n"
                                      "WARNING: Using actual aggregate bytes moved = 134217728\n",
                                      "1000.00"));
  EXPECT_EQ(run.records[0].status, Status::untrusted);
  EXPECT_EQ(run.records[0].reason, "IOR warns that it moved other bytes than it was told to");
}

TEST(ImportSettings, OfFioAreThoseThatChangeWhatTheDeviceDoes) {
  const RunData run = read_log(
      R"({"fio version": "fio-3.33", "global options": {"rw": "read", "bs": "1m"}, "jobs": [
      {"jobname": "a", "groupid": 0, "error": 0, "job options": {"iodepth": "1"},
       "read": {"bw_bytes": 100000000, "iops": 95.36}, "write": {"bw_bytes": 0, "iops": 0}},
      {"jobname": "a", "groupid": 1, "error": 0, "job options": {"iodepth": "32"},
       "read": {"bw_bytes": 200000000, "iops": 190.7}, "write": {"bw_bytes": 0, "iops": 0}}]})");
  EXPECT_EQ(subjects(run, "rate"),
            (Subjects{{"a read rw=read iodepth=1", {1e8}}, {"a read rw=read iodepth=32", {2e8}}}));
}

std::string hpl_row(const char* shape, const char* grid, const char* time, const char* rate) {
  return fmt::format(
      "T/V                N    NB     P     Q               Time                 Gflops\n"
      "{}       10000   192     {}              {}             {}\n"
      "||Ax-b||_oo/(eps*(||A||_oo*||x||_oo+||b||_oo)*N)=   3.1e-03 ...... PASSED\n",
      shape, grid, time, rate);
}

TEST(ImportSettings, TheFastestGridOfHplSpeaksForItsRanks) {
  const RunData run = read_log(hpl_row("WR11C2R4", "1  4", "106.72", "6.2480e+00") +
                               hpl_row("WR11C2R4", "2  2", "53.36", "1.2496e+01") +
                               hpl_row("WR11C2R4", "2  4", "26.68", "2.4992e+01"));
  EXPECT_EQ(subjects(run, "step_time"),
            (Subjects{{"HPL N=10000 NB=192 WR11C2R4 P=1 Q=4|4 ranks", {106.72}},
                      {"HPL N=10000 NB=192|4 ranks", {53.36}},
                      {"HPL N=10000 NB=192|8 ranks", {26.68}}}));
  EXPECT_THAT(listing_text(run), HasSubstr("4 ranks: WR11C2R4 P=2 Q=2, the fastest of 2 shapes"));
}

TEST(ImportSettings, OfPerftestAreQueuePairsAndConnections) {
  const auto test = [](const char* pairs, const char* type, const char* rate,
                       const char* messages) {
    return fmt::format(
        "                    RDMA_Write BW Test\n Number of qps   : {}\t\tTransport type : IB\n"
        " Connection type : {}\t\tUsing SRQ      : OFF\n #bytes     #iterations    BW "
        "peak[MiB/sec]    BW average[MiB/sec]   MsgRate[Mpps]\n 65536      5000             {}    "
        "        {}\t\t   {}\n",
        pairs, type, rate, rate, messages);
  };
  const RunData run =
      read_log(test("1", "RC", "10900.00", "0.174400") + test("8", "RC", "20900.00", "0.334400") +
               test("1", "UD", "10900.00", "0.174400"));
  constexpr double mebi = 1048576;
  EXPECT_EQ(subjects(run, "rate"),
            (Subjects{{"rdma_write_stream|2 ranks", {10900 * mebi}},
                      {"rdma_write_stream over 8 queue pairs|2 ranks", {20900 * mebi}},
                      {"rdma_write_stream UD|2 ranks", {10900 * mebi}}}));
}

TEST(ImportSettings, OfNcclTestsAreThoseOfTheirFirstLine) {
  const auto run_of = [](const char* graph, const char* time, const char* rate, const char* bus) {
    return fmt::format(
        "# Collective test starting: all_gather_perf\n# nThread 1 nGpus 1 minBytes 1048576 "
        "maxBytes "
        "1048576 step: 2(factor) warmup iters: 5 iters: 20 agg iters: 1 validation: 1 graph: {}\n"
        "# Using devices\n#  Rank  0 Group  0 Pid   1 on node1 device  0 [0x01] A100\n"
        "#  Rank  1 Group  0 Pid   2 on node1 device  1 [0x02] A100\n"
        "#       size         count      type   redop    root     time   algbw   busbw #wrong\n"
        "#        (B)    (elements)                               (us)  (GB/s)  (GB/s)\n"
        "     1048576        131072     float    none      -1    {}   {}    {}      0\n",
        graph, time, rate, bus);
  };
  const RunData run =
      read_log(run_of("0", "100.0", "10.49", "5.24") + run_of("1", "50.0", "20.97", "10.49"));
  EXPECT_EQ(subjects(run, "time"), (Subjects{{"[graph 0]|2 ranks", {100.0 * 1e-6}},
                                             {"[graph 1]|2 ranks", {50.0 * 1e-6}}}));
}

TEST(ImportSettings, ATableBehindAnotherIsReadByItsOwnHeader) {
  const std::string allreduce =
      "#    Intel(R) MPI Benchmarks 2021.3, MPI-1 part\n# Benchmarking Allreduce \n# #processes = "
      "4 \n"
      "       #bytes #repetitions  t_min[usec]  t_max[usec]  t_avg[usec]\n"
      "            4         1000         1.60         1.80         1.70\n";
  const RunData run = read_log(allreduce +
                               "# Benchmarking Uniband \n# #processes = 4 \n"
                               "       #bytes #repetitions   Mbytes/sec      Msg/sec\n"
                               "            8         1000        49.60      6200000\n");
  EXPECT_EQ(subjects(run, "time"), (Subjects{{"sum|4 ranks", {1.8e-6}}}));
  EXPECT_EQ(subjects(run, "rate"), (Subjects{{"uniband|4 ranks", {49.6e6}}}));
  EXPECT_THAT(
      refusal_of(allreduce + "# Benchmarking Uniband \n# #processes = 4 \n"
                             "            8         1000        49.60      6200000\n"),
      HasSubstr("log:8: \"            8         1000        49.60      6200000\"; expected a "
                "header"));
}

TEST(ImportSettings, PairsOfDevicesKeepTheirDirectionAndTheirFailures) {
  const RunData run = read_log(R"json({"nvbandwidth": {"testcases": [
    {"name": "all_to_host_memcpy_ce", "status": "Passed",
     "bandwidth_description": "memcpy CE CPU(row) <- GPU(column) bandwidth (GB/s)",
     "bandwidth_matrix": [["10.5", "10.6"]]},
    {"name": "device_to_device_bidirectional_memcpy_read_ce", "status": "Passed",
     "bandwidth_description": "memcpy CE GPU(row) <-> GPU(column) Total bandwidth (GB/s)",
     "bandwidth_matrix": [["0.00", "780.0"], ["0.00", "N/A"]]}]}})json");
  ASSERT_EQ(run.records.size(), 4u);
  EXPECT_EQ(run.records[0].launch, "0<0");
  EXPECT_EQ(run.records[2].launch, "0<>1");
  EXPECT_EQ(run.records[3].launch, "1<>0");
  EXPECT_EQ(run.records[3].status, Status::incorrect);
  EXPECT_EQ(run.records[3].reason, "nvbandwidth printed 0.00 for this pair");
}

}  // namespace
}  // namespace assay::import
