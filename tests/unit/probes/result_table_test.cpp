#include "probes/result_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

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

TEST(ResultTable, AsJsonItHasEveryColumnOfItsRows) {
  ResultTable table;
  table.add(row(1e9, "read"));
  table.add(row(3e9, "read"));
  table.add(without_value(row(1, "write"), unsupported("no huge pages")));
  const auto json = nlohmann::json::parse(table.json("some/run"));
  EXPECT_EQ(json.at("directory"), "some/run");
  EXPECT_EQ(json.at("measured_rows"), 3);
  ASSERT_EQ(json.at("rows").size(), 2u);
  const auto& best = json.at("rows")[0];
  EXPECT_EQ(best.at("probe"), "memory.bandwidth");
  EXPECT_EQ(best.at("median"), 3e9);
  EXPECT_EQ(best.at("unit"), "B/s");
  EXPECT_EQ(best.at("bytes"), 4096);
  EXPECT_EQ(best.at("status"), "ok");
  EXPECT_EQ(json.at("rows")[1].at("status"), "unsupported");
  EXPECT_EQ(json.at("rows")[1].at("reason"), "no huge pages");
  EXPECT_FALSE(json.at("rows")[1].contains("median"));
}

}  // namespace
}  // namespace assay
