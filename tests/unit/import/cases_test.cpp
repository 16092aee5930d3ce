// Inputs that were misread, or read by one command and refused by another; each with the value it
// has, or why it has none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/models/laws/gustafson.hpp"
#include "reports/models/messages/alpha_beta.hpp"
#include "tests/unit/import/logs.hpp"

namespace assay::import {
namespace {

using testing::HasSubstr;

std::string refusal_of_case(const std::string& name) {
  try {
    static_cast<void>(read_case(name));
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(ImportCases, ScalingIsReadWhateverStandsBeforeItsName) {
  for (const char* name : {"csv_bom_drops_scaling.csv", "csv_capital_scaling.csv"}) {
    const RunData run = read_case(name);
    ASSERT_EQ(run.records.size(), 3u) << name;
    EXPECT_EQ(run.records[2].scaling, "weak") << name;
    EXPECT_EQ(run.records[2].ranks, 4) << name;
    EXPECT_DOUBLE_EQ(run.records[2].median, 10.5) << name;
  }
}

TEST(ImportCases, TimesThatCannotBeAreRefusedByTheirLine) {
  EXPECT_THAT(refusal_of_case("csv_times_1e300.csv"), HasSubstr(":2: column time: is 1e-300 s"));
  EXPECT_THAT(refusal_of_case("report_hangs.csv"), HasSubstr(":2: column time: is 1e-300 s"));
  EXPECT_THAT(refusal_of_case("osu_time_1e308.txt"), HasSubstr(":5: column latency(us)"));
}

TEST(ImportCases, AggregatesAndComplexityOfOldGoogleBenchmarkAreNoTimes) {
  const RunData complexity = read_case("gb_bigo_report.json");
  ASSERT_EQ(complexity.records.size(), 3u);
  EXPECT_DOUBLE_EQ(complexity.records[2].median, 280e-9);
  EXPECT_EQ(complexity.records[2].ranks, 4);
  const RunData repeated = read_case("gb_old_repetitions.json");
  ASSERT_EQ(repeated.records.size(), 2u);
  EXPECT_DOUBLE_EQ(repeated.records[0].median, 1e-6);
  EXPECT_DOUBLE_EQ(repeated.records[1].median, 1.01e-6);
}

TEST(ImportCases, CountersThatAreNotFiniteAreAbsent) {
  const RunData run = read_case("gb_nan_counter.json");
  ASSERT_EQ(run.records.size(), 2u);
  EXPECT_DOUBLE_EQ(run.records[0].median, 100e-9);
  EXPECT_DOUBLE_EQ(run.records[1].median, 60e-9);
}

TEST(ImportCases, SkippedBenchmarkSaysWhy) {
  const RunData run = read_case("gb_skipped_report.json");
  ASSERT_EQ(run.records.size(), 4u);
  EXPECT_DOUBLE_EQ(run.records[2].median, 3e-3);
  EXPECT_EQ(run.records[3].status, Status::skipped);
  EXPECT_FALSE(run.records[3].reason.empty());
  EXPECT_FALSE(is_present(run.records[3].median));
}

TEST(ImportCases, UnnamedGatherIsNoAllReduce) {
  const RunData run = read_case("nccl_allgather_unnamed.txt");
  EXPECT_FALSE(has_probe(run, "collective.allreduce"));
  const Record bus = the_record(run, "collective.unnamed", "bus_bandwidth", 1048576);
  EXPECT_DOUBLE_EQ(bus.median, 13.11e9);
  EXPECT_EQ(bus.ranks, 4);
}

TEST(ImportCases, ErrorColumnOfOldNcclTestsIsRounding) {
  const RunData run = read_case("nccl_old_error_column.txt");
  EXPECT_EQ(run.records.size(), 12u);
  const std::pair<std::int64_t, std::pair<double, double>> expected[] = {
      {1048576, {60e-6, 26.21e9}}, {2097152, {90e-6, 34.95e9}}, {4194304, {150e-6, 41.94e9}}};
  for (const auto& [bytes, values] : expected) {
    const Record time = the_record(run, "collective.allreduce", "time", bytes, 4);
    EXPECT_DOUBLE_EQ(time.median, values.first);
    EXPECT_EQ(time.status, Status::ok) << time.reason.str();
    EXPECT_DOUBLE_EQ(the_record(run, "collective.allreduce", "bus_bandwidth", bytes).median,
                     values.second);
  }
}

TEST(ImportCases, NamedReduceIsAReduceAndItsBusBandwidthIsDoubted) {
  const RunData run = read_case("nccl_reduce_named.txt");
  EXPECT_FALSE(has_probe(run, "collective.allreduce"));
  EXPECT_EQ(the_record(run, "collective.reduce", "time", 1048576).status, Status::ok);
  const Record bus = the_record(run, "collective.reduce", "bus_bandwidth", 1048576);
  EXPECT_EQ(bus.status, Status::untrusted);
  EXPECT_THAT(bus.reason.str(), HasSubstr("of reduce over 4 ranks it would be 1"));
}

TEST(ImportCases, TagsOfOpenMpiAreTakenOff) {
  const RunData run = read_case("nccl_tag_output.txt");
  EXPECT_DOUBLE_EQ(the_record(run, "collective.allreduce", "time", 4194304, 4).median, 150e-6);
  EXPECT_THAT(listing_text(run), HasSubstr("3 sizes, 1 MiB to 4 MiB"));
}

TEST(ImportCases, TwoRunsInOneLogAreTwoRankCounts) {
  const RunData run = read_case("nccl_two_runs_one_log.txt");
  EXPECT_DOUBLE_EQ(the_record(run, "collective.allreduce", "bus_bandwidth", 1048576, 2).median,
                   26.21e9);
  EXPECT_DOUBLE_EQ(the_record(run, "collective.allreduce", "time", 1048576, 4).median, 60e-6);
  for (const Record& record : run.records) EXPECT_TRUE(record.ranks == 2 || record.ranks == 4);
}

TEST(ImportCases, OsuRatesAndCollectivesWithoutRanks) {
  const RunData rates = read_case("osu_bandwidth.txt");
  EXPECT_DOUBLE_EQ(the_record(rates, "network.alpha_beta", "rate", 4194304).median, 12.1e9);
  const RunData reduce = read_case("osu_allreduce.txt");
  const Record time = the_record(reduce, "collective.allreduce", "time", 1048576);
  EXPECT_DOUBLE_EQ(time.median, 200e-6);
  EXPECT_FALSE(is_present(time.ranks));
  EXPECT_THAT(listing_text(reduce), HasSubstr("ranks unknown"));
  EXPECT_EQ(read_any(case_file("osu_allreduce.txt"), {{8}}).records.front().ranks, 8);
}

TEST(ImportCases, BarrierHasATimeAndNoSize) {
  const RunData run = read_case("osu_barrier_as_message.txt");
  ASSERT_EQ(run.records.size(), 1u);
  EXPECT_EQ(run.records[0].probe, "collective.barrier");
  EXPECT_DOUBLE_EQ(run.records[0].median, 12.31e-6);
  EXPECT_DOUBLE_EQ(run.records[0].min, 11.02e-6);
  EXPECT_FALSE(is_present(run.records[0].bytes));
}

TEST(ImportCases, LineEndsAndLaunchersWordsDoNotMatter) {
  for (const char* name : {"osu_crlf.txt", "osu_launcher_noise.txt"}) {
    const RunData run = read_case(name);
    ASSERT_EQ(run.records.size(), 4u) << name;
    EXPECT_DOUBLE_EQ(run.records[3].median, 99.87e-6) << name;
  }
  EXPECT_THAT(listing_text(read_case("osu_launcher_noise.txt")),
              HasSubstr("2 lines of other output passed over, the first is line 7"));
}

TEST(ImportCases, DecimalCommaInAPrintedTableIsRefused) {
  EXPECT_THAT(refusal_of_case("osu_decimal_comma.txt"),
              HasSubstr(":3: column latency(us): \"1,62\""));
}

TEST(ImportCases, GatherAndPutAreNoPingPong) {
  const RunData gather = read_case("osu_gather_as_pingpong.txt");
  EXPECT_TRUE(models::alpha_beta_fits(gather).empty());
  EXPECT_DOUBLE_EQ(the_record(gather, "collective.gather", "time", 1048576).median, 6200e-6);
  const RunData put = read_case("osu_put_as_pingpong.txt");
  for (const Record& record : put.records) EXPECT_EQ(record.operation, "put");
  EXPECT_EQ(models::fit_for_collectives(models::alpha_beta_fits(put), ""), nullptr);
}

TEST(ImportCases, FailedValidationLeavesNoTime) {
  const RunData run = read_case("osu_validation_fail.txt");
  ASSERT_EQ(run.records.size(), 4u);
  EXPECT_EQ(run.records[1].status, Status::ok);
  for (const std::size_t failed : {2u, 3u}) {
    EXPECT_EQ(run.records[failed].status, Status::incorrect);
    EXPECT_FALSE(is_present(run.records[failed].median));
  }
}

}  // namespace
}  // namespace assay::import
