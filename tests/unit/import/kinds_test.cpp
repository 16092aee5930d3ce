// Logs whose own words say that a number is another one than it seems, or that it is wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/import/logs.hpp"

namespace assay::import {
namespace {

using testing::HasSubstr;

RunData layout(const std::string& name) {
  return read_any(std::string(ASSAY_SOURCE_DIR) + "/tests/unit/import/layouts/" + name);
}
std::string changed(const std::string& name, const std::string& from, const std::string& to) {
  std::ifstream in(std::string(ASSAY_SOURCE_DIR) + "/tests/unit/import/layouts/" + name);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}
std::vector<Record> of_operation(const RunData& run, const std::string& operation) {
  std::vector<Record> found;
  for (const Record& record : run.records)
    if (record.operation.str() == operation) found.push_back(record);
  return found;
}

TEST(ImportKinds, GroupsOfNcclTestsAreCommunicatorsOfTheirOwn) {
  const RunData run = layout("nccl_2_13_groups.txt");
  EXPECT_EQ(run.records.front().ranks, 2);
  EXPECT_THAT(run.records.front().reason.str(), HasSubstr("other groups of ranks"));
  const Record bus = the_record(run, "collective.allreduce", "bus_bandwidth");
  EXPECT_DOUBLE_EQ(bus.median, 10.49e9);
}

TEST(ImportKinds, AnErrorWithAnAsteriskIsWrong) {
  const RunData run = layout("rccl_2_exceeds.txt");
  EXPECT_EQ(run.records[0].status, Status::incorrect);
  EXPECT_THAT(run.records[0].reason.str(), HasSubstr("an error of 1e+00"));
  EXPECT_EQ(layout("rccl_2.txt").records[0].provider, "rccl (imported)");
}

TEST(ImportKinds, ABandwidthThatCannotBeIsRefused) {
  EXPECT_THAT(refusal_of(changed("rccl_2.txt", "10.49", "1e300")),
              HasSubstr("column algbw: is inf"));
  EXPECT_THAT(refusal_of(changed("nccl_2_17.json", "10.48", "1e30")),
              HasSubstr("/alg_bw: is 1e+39"));
}

TEST(ImportKinds, ARateThatNoMachineHasIsRefused) {
  EXPECT_THAT(refusal_of(changed("osu_5_both_ways.txt", "5.10", "91e-300")),
              HasSubstr("a rate above 0 that a machine can have"));
  EXPECT_THAT(refusal_of(changed("stream_5_10.txt", "40000.0", "4e-300")),
              HasSubstr("a rate above 0 that a machine can have"));
}

TEST(ImportKinds, CallsFinishedTogetherAreNotThoseOneByOne) {
  const RunData run = layout("imb_2021_ext_modes.txt");
  EXPECT_DOUBLE_EQ(of_operation(run, "get aggregated")[1].median, 0.5e-6);
  EXPECT_DOUBLE_EQ(of_operation(run, "get")[1].median, 2.5e-6);
}

TEST(ImportKinds, WhatIsNotAcknowledgedIsUntrusted) {
  const RunData run = layout("fi_pingpong_lost.txt");
  EXPECT_EQ(run.records[0].status, Status::ok);
  EXPECT_EQ(run.records[1].status, Status::untrusted);
  EXPECT_EQ(run.records[1].reason, "10 sent, acknowledged: 7");
}

TEST(ImportKinds, UdpDeliversWhatArrived) {
  EXPECT_DOUBLE_EQ(layout("iperf_3_9_udp.json").records[0].median, 1e9 / 8 * 0.5);
  EXPECT_EQ(layout("iperf_3_9_udp.json").records[0].status, Status::ok);
}

TEST(ImportKinds, BothDirectionsUnderOneNameAreRefused) {
  const std::string both =
      changed("iperf_3_16_both_ways.json", "sum_received_bidir_reverse", "sum_received");
  EXPECT_THAT(refusal_of(both), HasSubstr("column /end/sum_received: is there 2 times"));
}

/// What a tool prints twice: a digit that was lost in one place is seen by the other.
TEST(ImportKinds, NumbersThatContradictEachOtherAreRefused) {
  struct Lost {
    const char *file, *from, *to, *words;
  };
  const Lost cases[] = {
      {"stream_5_10.txt", "40000.0", "4000.0", "which 2 arrays in the least time says"},
      {"babelstream_4.csv", "1400000.0", "14000000.0", "which 2 arrays in the least time says"},
      {"fi_pingpong_lost.txt", "24.65", "2.465", "which MB/sec says"},
      {"perftest_5_gbits.txt", "91.50", "9.150", "which message rate times size says"},
      {"osu_5_multi_rate.txt", "24000.10", "2400.10", "messages per second times size"},
      {"osu_7_full.txt", "1.52 ", "15.2 ", "between the least and the most"},
      {"imb_2021_mpi1.txt", "0.55 ", "5.50 ", "between the least and the most"},
      {"imb_2021_ext_modes.txt", "2.50", "25.0", "which Mbytes/sec says"},
      {"perftest_6_latency.txt", "1.75", "17.5", "between the least and the most"},
      {"likwid_bench_5.txt", "29440.00", "2944.00", "which data volume over time says"},
      {"nvbandwidth_0_5.json", "391.0", "39.10", "which the sum of the test case says"},
      {"fio_3.json", "409600000", "40960000", "which bw says"},
      {"iperf_3_9_udp.json", "1250000000", "125000000", "which bytes over seconds says"},
      {"hyperfine_1.json", "1.9,2.0", "19,2.0", "which the list of times says"}};
  for (const Lost& lost : cases)
    EXPECT_THAT(refusal_of(changed(lost.file, lost.from, lost.to)), HasSubstr(lost.words))
        << lost.file;
}

TEST(ImportKinds, StreamKnowsItsElementsAndItsCaches) {
  const RunData single = layout("stream_5_10_float.txt");
  EXPECT_EQ(single.records[0].dtype, "f32");
  EXPECT_EQ(single.records[0].bytes, 640000000);
  const RunData small = layout("stream_5_9.txt");
  EXPECT_EQ(small.records[0].level, "");
  EXPECT_THAT(listing_text(small), HasSubstr("caches may hold them: no roof"));
  EXPECT_EQ(layout("stream_mpi.txt").records[0].level, "");
  EXPECT_EQ(layout("stream_5_10.txt").records[0].level, "DRAM");
  const RunData twice = layout("stream_5_10_twice.txt");
  EXPECT_EQ(twice.records[2].launch, "2");
  EXPECT_DOUBLE_EQ(twice.records[2].max, 41e9);
}

TEST(ImportKinds, OneResidualThatFailsIsEnough) {
  for (const Record& record : layout("hpl_1.txt").records)
    EXPECT_EQ(record.status, Status::incorrect);
}

TEST(ImportKinds, HplOfTheLargestMachinesIsRead) {
  const RunData run = read_log(
      "T/V                N    NB     P     Q               Time                 Gflops\n"
      "WR05R2R4    24440832   576   256   274            7857.25             1.2387e+09\n"
      "||Ax-b||_oo/(eps*(||A||_oo*||x||_oo+||b||_oo)*N)=   2.13e-05 ...... PASSED\n");
  EXPECT_EQ(run.records[0].ranks, 256 * 274);
  EXPECT_DOUBLE_EQ(run.records[1].median, 1.2387e18);
  EXPECT_EQ(run.records[1].status, Status::ok);
}

TEST(ImportKinds, ARowOfHplThatWasCutIsNotDropped) {
  EXPECT_THAT(refusal_of(changed("hpl_2_3.txt", "              53.36", "")),
              HasSubstr("; expected T/V N NB P Q Time Gflops"));
}

TEST(ImportKinds, InvalidHpcgHasNoRate) {
  const RunData run = read_log(
      "HPCG-Benchmark\nversion=3.1\nMachine Summary::Distributed Processes=8\nFinal Summary::HPCG "
      "result is=INVALID.\n");
  ASSERT_EQ(run.records.size(), 1u);
  EXPECT_EQ(run.records[0].status, Status::incorrect);
}

TEST(ImportKinds, DataThatDidNotMatchHasNoRate) {
  const RunData run = layout("ior_3_incorrect.txt");
  EXPECT_EQ(run.records[0].status, Status::ok);
  EXPECT_EQ(run.records[1].status, Status::incorrect);
  EXPECT_THAT(run.records[1].reason.str(), HasSubstr("Incorrect data on read"));
}

TEST(ImportKinds, JobsOfOneNameAreOneLoad) {
  const RunData run = layout("fio_3_jobs.json");
  ASSERT_EQ(run.records.size(), 2u);
  EXPECT_DOUBLE_EQ(run.records[0].median, 210e6);
}

TEST(ImportKinds, SpreadOfOldAggregatesIsNoTime) {
  ASSERT_EQ(layout("google_benchmark_1_2_aggregates.json").records.size(), 1u);
  const RunData run = layout("google_benchmark_1_8_aggregates.json");
  ASSERT_EQ(run.records.size(), 2u);
  EXPECT_DOUBLE_EQ(run.records[0].median, 10e-3);  // The median, not the mean.
  EXPECT_DOUBLE_EQ(run.records[1].median, 11e-3);  // There is only a mean.
}

TEST(ImportKinds, APointOfExtraPThatIsMissingIsNotGuessed) {
  EXPECT_THAT(
      refusal_of("PARAMETER p\nPOINTS 2 4 8\nREGION main\nDATA 8\nDATA 2\nREGION io\nDATA 1\n"
                 "DATA 1\nDATA 1\n"),
      HasSubstr("log:6: column DATA: 2 lines for 3 points"));
}

TEST(ImportKinds, ACommaInAListOfTimesIsNoticed) {
  EXPECT_THAT(refusal_of(changed("hyperfine_1.json", "1.9,2.0", "1,9,2.0")),
              HasSubstr("4 times and 3 exit codes"));
  EXPECT_THAT(refusal_of(changed("pytest_benchmark_4.json", "1.04, 0.9", "1,04, 0.9")),
              HasSubstr("; expected "));
}

TEST(ImportKinds, RanksInACommandAreNoOtherProgram) {
  const RunData run = layout("hyperfine_1.json");
  for (const Record& record : run.records) EXPECT_EQ(record.operation, "mpirun -np {np} ./a");
  EXPECT_EQ(run.records.back().ranks, 4);
}

TEST(ImportKinds, UnitOfPerftestsJsonIsThatOfItsMessageRate) {
  EXPECT_DOUBLE_EQ(layout("perftest_24.json").records[0].median, 12e9);
  const RunData mib = read_log(changed("perftest_24.json", "96.00", "11444.09"));
  EXPECT_DOUBLE_EQ(mib.records[0].median, 11444.09 * 1048576);
  EXPECT_THAT(refusal_of(changed("perftest_24.json", "96.00", "12.00")),
              HasSubstr("their product in MB/s or Gb/s"));
}

}  // namespace
}  // namespace assay::import
