#include "benchmarks/workloads/external_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probes/core/errors.hpp"
#include "tests/sanitized.hpp"

namespace assay::workloads {
namespace {

using ::testing::HasSubstr;

ProcessResult printed(std::string output, std::string errors = "") {
  ProcessResult result;
  result.output = std::move(output);
  result.errors = std::move(errors);
  return result;
}

TEST(CapturedNumber, IsTheLastMatchsFirstGroup) {
  const std::string metric = "t=([0-9.e+-]+)(ms)?";
  EXPECT_EQ(captured_number(metric, printed("t=9\nt=1.5 t=2.5e-3ms\nend")).value(), 2.5e-3);
  EXPECT_EQ(captured_number(metric, printed("t=+7", "t=8")).value(), 7);
  EXPECT_EQ(captured_number(metric, printed("silent", "t=8")).value(), 8);
}

TEST(CapturedNumber, WhatIsNoTimeIsSaid) {
  for (const char* text : {"t=x", "t=0", "t=-1", "t=nan", "t=1e999", "t=1.2.3", "t="}) {
    const Outcome<double> number = captured_number("t=(.*)", printed(text));
    EXPECT_EQ(number.status(), Status::incorrect) << text;
    EXPECT_THAT(number.reason(), HasSubstr("expected a number above 0")) << text;
  }
  EXPECT_THAT(captured_number("t=(.*)", printed("")).reason(), HasSubstr("printed nothing"));
}

TEST(CapturedNumber, SurvivesALineOfAMegabyte) {
  ASSAY_SKIP_UNDER_SANITIZERS();
  EXPECT_EQ(
      captured_number(".*t=([0-9]+)", printed("t=5\n" + std::string(1 << 20, 'x') + "t=6")).value(),
      5);
}

TEST(ExternalCommand, EveryPlaceholderOfEveryArgumentIsReplaced) {
  ExternalCommand command;
  command.arguments = {"run-{nodes}", "-n{ranks}x{ranks}", "{launch}", "{other}"};
  EXPECT_EQ(arguments_at(command, {.ranks = 8, .nodes = 2, .launch = 3}),
            (std::vector<std::string>{"run-2", "-n8x8", "3", "{other}"}));
  EXPECT_TRUE(mentions(command, "{ranks}"));
  EXPECT_FALSE(mentions(command, "{cores}"));
}

TEST(ExternalCommand, UnitsOfTheMetric) {
  EXPECT_EQ(parse_metric_unit("us").seconds, 1e-6);
  EXPECT_TRUE(parse_metric_unit("Hz").is_rate);
  EXPECT_THROW(static_cast<void>(parse_metric_unit("S")), UsageError);
}

TEST(ExternalCommand, ARateBecomesAStepTimeAndMoreRanksThanCoresAreDoubted) {
  ExternalCommand command;
  command.arguments = {"echo", "{ranks}00 images/s"};
  command.metric = "([0-9]+) images";
  command.unit = parse_metric_unit("Hz");
  RecordList rows;
  EXPECT_EQ(launch(command, {.ranks = 2, .nodes = 1, .launch = 4}, 1, rows), LaunchEnd::measured);
  ASSERT_EQ(rows.records.size(), 3u);
  EXPECT_EQ(rows.records[0].metric, "step_time");
  EXPECT_EQ(rows.records[0].median, 1.0 / 200);
  EXPECT_EQ(rows.records[1].median, 200);
  EXPECT_EQ(rows.records[0].launch, "4");
  EXPECT_EQ(rows.records[0].status, Status::untrusted);
  EXPECT_THAT(rows.records[0].reason.str(), HasSubstr("2 ranks on 1 cores"));
}

}  // namespace
}  // namespace assay::workloads
