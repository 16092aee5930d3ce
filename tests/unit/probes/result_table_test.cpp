#include "probes/result_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Record row(double rate, const char* operation) {
  Record record;
  record.probe = "memory.bandwidth";  // higher is better
  record.metric = "rate";
  record.unit = "B/s";
  record.operation = operation;
  record.bytes = 4096;
  return with_samples(record, {rate, rate, rate});
}

TEST(ResultTable, ShowsTheBestPointOfAGroup) {
  ResultTable table;
  table.add(row(1e9, "read"));
  table.add(row(3e9, "read"));
  table.add(row(2e9, "triad"));
  EXPECT_THAT(table.lines(), ElementsAre(HasSubstr("3 GB/s"), HasSubstr("2 GB/s")));
}

TEST(ResultTable, ATrustedNumberBeatsABetterUntrustedOne) {
  ResultTable table;
  table.add(marked_untrusted(row(9e9, "read"), "steal"));
  table.add(row(1e9, "read"));
  EXPECT_THAT(table.lines(), ElementsAre(HasSubstr(" 1 GB/s")));
}

TEST(ResultTable, OnlyTheHeadlineMetricIsShown) {
  ResultTable table;
  Record other = row(1e9, "read");
  other.metric = "traffic_rate";
  table.add(other);
  EXPECT_TRUE(table.lines().empty());
}

TEST(ResultTable, ARowWithoutANumberShowsStatusAndReason) {
  ResultTable table;
  table.add(without_value(row(1, "read"), unsupported("no huge pages")));
  EXPECT_THAT(table.lines(), ElementsAre(HasSubstr("unsupported: no huge pages")));
}

}  // namespace
}  // namespace assay
