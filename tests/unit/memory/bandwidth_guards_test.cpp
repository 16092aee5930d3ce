#include "probes/memory/bandwidth_guards.hpp"

#include <gtest/gtest.h>

namespace assay::memory {
namespace {

Record rate(const char* level, const char* operation, double median, std::int64_t threads = 1) {
  Record row;
  row.metric = "rate";
  row.unit = "B/s";
  row.level = level;
  row.operation = operation;
  row.threads = threads;
  row.median = median;
  row.ci_low = 0.99 * median;
  row.ci_high = 1.01 * median;
  row.cpu_wall_ratio = 1;
  return row;
}

TEST(BandwidthGuards, AFasterOuterLevelMakesBothUntrusted) {
  std::vector<Record> rows{rate("L1", "read", 300e9), rate("L2", "read", 100e9),
                           rate("L3", "read", 150e9), rate("DRAM", "read", 10e9)};
  guard_monotone(rows);
  EXPECT_EQ(rows[0].status, Status::ok);
  EXPECT_EQ(rows[1].status, Status::untrusted);
  EXPECT_EQ(rows[2].status, Status::untrusted);
  EXPECT_EQ(rows[3].status, Status::ok);
  EXPECT_NE(rows[2].reason.str().find("L3 read of 150 GB/s is above that of L2"), std::string::npos)
      << rows[2].reason.str();
}

TEST(BandwidthGuards, OverlappingIntervalsAndOtherPointsAreNotCompared) {
  std::vector<Record> rows{rate("L1", "read", 100e9), rate("L2", "read", 101e9),
                           rate("L3", "triad", 500e9), rate("DRAM", "read", 500e9, 4)};
  guard_monotone(rows);
  for (const Record& row : rows) EXPECT_EQ(row.status, Status::ok) << row.reason.str();
}

TEST(BandwidthGuards, StoreRatioMustLieBetweenOneAndTwo) {
  for (const auto& [factor, status] :
       {std::pair{0.2, Status::untrusted}, {1.3, Status::ok}, {2.5, Status::untrusted}}) {
    std::vector<Record> rows{rate("DRAM", "triad", 10e9), rate("DRAM", "triad_nt", factor * 10e9)};
    guard_store_ratio(rows);
    EXPECT_EQ(rows[0].status, Status::ok);
    EXPECT_EQ(rows[1].status, status) << factor;
  }
}

TEST(BandwidthGuards, NonTemporalStoresAreHeldAgainstTheBestOfNormalAndPrefetchedOnes) {
  for (const auto& [prefetched, status] :
       {std::pair{11e9, Status::untrusted}, {13e9, Status::ok}, {30e9, Status::ok}}) {
    std::vector<Record> rows{rate("DRAM", "write", 10e9),
                             rate("DRAM", "write_prefetched", prefetched),
                             rate("DRAM", "write_nt", 25e9)};
    guard_store_ratio(rows);
    EXPECT_EQ(rows[1].status, Status::ok);
    EXPECT_EQ(rows[2].status, status) << prefetched;
  }
  std::vector<Record> elsewhere{rate("DRAM", "write", 10e9),
                                rate("DRAM", "write_prefetched", 20e9, 4),
                                rate("DRAM", "write_nt", 25e9)};
  guard_store_ratio(elsewhere);
  EXPECT_EQ(elsewhere[2].status, Status::untrusted) << "another number of threads";
}

TEST(BandwidthGuards, ThreadsThatWaitedAreNotBelieved) {
  Record row = rate("L1", "read", 1e9);
  row.cpu_wall_ratio = 0.91;
  EXPECT_EQ(guard_cpu_time(row).status, Status::ok);
  row.cpu_wall_ratio = 0.5;
  EXPECT_EQ(guard_cpu_time(row).status, Status::untrusted);
}

TEST(BandwidthGuards, PagesMustBeOfTheSizeAskedFor) {
  const Record row = rate("DRAM", "read", 1e9);
  EXPECT_EQ(guard_pages(row, 1.0, true).status, Status::ok);
  EXPECT_EQ(guard_pages(row, 0.0, true).status, Status::untrusted);
  EXPECT_EQ(guard_pages(row, 0.0, false).status, Status::ok);
  EXPECT_EQ(guard_pages(row, 1.0, false).status, Status::untrusted);
  EXPECT_EQ(guard_pages(row, std::nullopt, true).status, Status::ok);
}

TEST(BandwidthGuards, ARowWithoutNumbersStaysAsItIs) {
  const Record row = without_value(rate("L3", "read", 1), unsupported("no L3"));
  EXPECT_EQ(guard_cpu_time(row).status, Status::unsupported);
  std::vector<Record> rows{row, rate("L1", "read", 1)};
  guard_monotone(rows);
  EXPECT_EQ(rows[1].status, Status::ok);
}

}  // namespace
}  // namespace assay::memory
