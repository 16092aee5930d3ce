// The numbers of a run in the formats of other tools, held against those formats' own rules.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "probes/core/errors.hpp"
#include "probes/core/units.hpp"
#include "probes/run/csv.hpp"
#include "reports/export/exporter.hpp"
#include "reports/export/schemas.hpp"
#include "reports/import/import.hpp"

namespace assay::exports {
namespace {

using nlohmann::json;
using testing::HasSubstr;

Record rate(const std::string& launch, double value) {
  Record row{.probe = "memory.bandwidth", .metric = "rate", .unit = "B/s", .host = "node \"1\""};
  row.threads = 4;
  row.bytes = 4096;
  row.operation = "triad";
  row.launch = launch;
  return with_samples(row, {value, value, value});
}

std::vector<ExportedRun> planted() {
  RunData run;
  run.run = {{"schema", 2},
             {"start", "2026-01-31T12:00:00Z"},
             {"state", "complete"},
             {"tool", {{"version", "0.1.0"}, {"commit", "abc"}}}};
  for (const auto& [launch, value] : {std::pair("1", 1e9), {"2", 3e9}, {"3", 2e9}})
    run.records.push_back(rate(launch, value));
  Record step{.probe = "workload.exec", .metric = "step_time", .unit = "s"};
  step.ranks = 8;
  step.operation = "a|b";
  run.records.push_back(marked_untrusted(with_samples(step, {0.25}), "load"));
  step.operation = "wrong one";
  run.records.push_back(without_value(step, incorrect("sum is off")));
  return {{"trial,1", std::move(run)}};
}

std::string text_as(const std::string& format) {
  const Exporter* exporter = Registry<Exporter>::find(format);
  return exporter == nullptr ? "" : exporter->text(planted());
}

TEST(Exports, LaunchesOfAPointAreOneSeries) {
  const std::vector<Series> series = series_of(planted()[0].run);
  ASSERT_EQ(series.size(), 2u);
  EXPECT_EQ(series[0].name, "memory.bandwidth rate threads=4 bytes=4096 triad");
  EXPECT_EQ(series[0].value, 2e9);
  EXPECT_EQ(series[0].low, 1e9);
  EXPECT_EQ(series[0].high, 3e9);
  EXPECT_EQ(series[0].rows, 3u);
  EXPECT_TRUE(series[0].trusted);
  EXPECT_EQ(series[0].better, Better::higher);
  EXPECT_FALSE(series[1].trusted);
  EXPECT_EQ(series[1].better, Better::lower);
}

TEST(Exports, OpenMetricsHasUnitsInNamesAndEscapedLabels) {
  const std::string text = text_as("openmetrics");
  EXPECT_THAT(text, HasSubstr("# TYPE assay_memory_bandwidth_rate_bytes_per_second gauge\n"
                              "# UNIT assay_memory_bandwidth_rate_bytes_per_second "
                              "bytes_per_second\n"));
  EXPECT_THAT(text, HasSubstr("assay_memory_bandwidth_rate_bytes_per_second{host=\"node "
                              "\\\"1\\\"\",threads=\"4\",bytes=\"4096\",operation=\"triad\"} "
                              "2e+09\n"));
  EXPECT_THAT(text, HasSubstr("assay_memory_bandwidth_rate_low_bytes_per_second{"));
  EXPECT_THAT(text, HasSubstr("status=\"untrusted\"} 0.25\n"));
  EXPECT_THAT(text, HasSubstr("assay_rows{status=\"incorrect\"} 1\n"));
  EXPECT_TRUE(text.ends_with("# EOF\n"));
}

/// https://bencher.dev/docs/reference/bencher-metric-format/: names, measures, numbers.
TEST(Exports, BencherHasNamesMeasuresAndBounds) {
  const json all = json::parse(text_as("bencher"));
  ASSERT_EQ(all.size(), 2u);
  const json& measure = all.at("memory.bandwidth rate threads=4 bytes=4096 triad").at("rate (B/s)");
  EXPECT_EQ(measure.at("value"), 2e9);
  EXPECT_EQ(measure.at("lower_value"), 1e9);
  EXPECT_EQ(measure.at("upper_value"), 3e9);
  for (const auto& [name, measures] : all.items())
    for (const auto& [slug, value] : measures.items()) {
      EXPECT_FALSE(name.empty());
      EXPECT_FALSE(slug.empty());
      EXPECT_TRUE(value.at("value").is_number());
      for (const auto& [key, number] : value.items())
        EXPECT_THAT(key, testing::AnyOf("value", "lower_value", "upper_value"));
    }
}

/// Its names: 1024 characters of a benchmark, 64 of a measure.
TEST(Exports, BencherNamesAreNoLongerThanItAccepts) {
  std::vector<ExportedRun> runs = planted();
  const std::string name(2000, 'x');
  for (Record& row : runs[0].run.records) row.operation = name + (row.ranks == 8 ? "a" : "b");
  const json all = json::parse(Registry<Exporter>::find("bencher")->text(runs));
  EXPECT_EQ(all.size(), 2u);
  for (const auto& [benchmark, measures] : all.items()) {
    EXPECT_EQ(benchmark.size(), 1024u);
    for (const auto& [measure, value] : measures.items()) EXPECT_LE(measure.size(), 64u);
  }
}

/// The action's customBiggerIsBetter and customSmallerIsBetter: name, unit, value; range, extra.
TEST(Exports, TheActionHasOneFileForEachDirection) {
  const json bigger = json::parse(text_as("github-action-bigger"));
  ASSERT_EQ(bigger.size(), 1u);
  EXPECT_EQ(bigger[0].at("name"), "memory.bandwidth rate threads=4 bytes=4096 triad");
  EXPECT_EQ(bigger[0].at("unit"), "B/s");
  EXPECT_EQ(bigger[0].at("value"), 2e9);
  EXPECT_EQ(bigger[0].at("range"), "1e+09 to 3e+09");
  const json smaller = json::parse(text_as("github-action-smaller"));
  ASSERT_EQ(smaller.size(), 1u);
  EXPECT_EQ(smaller[0].at("value"), 0.25);
  EXPECT_EQ(smaller[0].at("extra"), "1 row, untrusted");

  std::vector<ExportedRun> runs = planted();
  runs[0].run.records.resize(3);
  EXPECT_THROW((void)Registry<Exporter>::find("github-action-smaller")->text(runs), InputError);
}

TEST(Exports, ReframeLinesAreReadBack) {
  const std::string text = text_as("reframe");
  EXPECT_THAT(text, HasSubstr("2026-01-31T12:00:00+00:00|assay 0.1.0|"));
  EXPECT_THAT(text, HasSubstr("|8|fail|step_time|null|"));
  const RunData read = import::read_bytes(text, "perf.log");
  ASSERT_EQ(read.records.size(), 2u);
  EXPECT_EQ(read.records[0].median, 2e9);
  EXPECT_EQ(read.records[0].unit, "B/s");
  EXPECT_EQ(read.records[0].status, Status::ok);
  EXPECT_EQ(read.records[1].median, 0.25);
  EXPECT_EQ(read.records[1].ranks, 8);
  EXPECT_EQ(read.records[1].status, Status::untrusted);
}

TEST(Exports, TheLongTableHasRunAndDateBeforeEveryRow) {
  std::vector<ExportedRun> runs = planted();
  runs.push_back(runs.front());
  runs.back().id = "=trial2";
  const std::string text = Registry<Exporter>::find("csv")->text(runs);
  EXPECT_TRUE(text.starts_with("run_id,run_start,tool_version,probe,metric,"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1 + 2 * 5);
  EXPECT_THAT(text, HasSubstr("\n\"trial,1\",2026-01-31T12:00:00Z,0.1.0,memory.bandwidth,rate,"));
  EXPECT_THAT(text, HasSubstr("\n'=trial2,"));  // no formula
}

TEST(Exports, SchemasNameEveryColumnOfTheFiles) {
  const json rows = json::parse(schema_of("measurements.csv"));
  for (const Column& column : measurement_columns())
    EXPECT_TRUE(rows.at("properties").contains(std::string(column.name))) << column.name;
  const json samples = json::parse(schema_of("samples.csv"));
  std::string header = csv::samples_header();
  header.back() = ',';
  for (std::size_t at = 0; at < header.size();) {
    const std::size_t end = header.find(',', at);
    EXPECT_TRUE(samples.at("properties").contains(header.substr(at, end - at)))
        << header.substr(at, end - at);
    at = end + 1;
  }
  EXPECT_EQ(json::parse(schema_of("run.json")).at("properties").at("schema").at("const"),
            schema_version);
  EXPECT_THROW((void)schema_of("report.html"), UsageError);
}

}  // namespace
}  // namespace assay::exports
