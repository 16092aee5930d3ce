#include "reports/gate/write/outputs.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <sstream>

namespace assay::gate {
namespace {

MetricResult metric(const std::string& name, Verdict verdict, double change) {
  MetricResult result;
  result.name = name;
  result.unit = "s";
  result.verdict = verdict;
  result.stage = "confirm";
  result.base = 1e-3;
  result.head = 1e-3 * (1 + change);
  result.change = change;
  result.change_low = change - 0.01;
  result.change_high = change + 0.01;
  result.detectable = 0.03;
  if (verdict == Verdict::inconclusive) result.reason = "too noisy";
  return result;
}

GateReport report_of(int regressions) {
  GateReport report;
  report.kind = "gate";
  report.metrics = {metric("fine", Verdict::same, 0.001),
                    metric("open", Verdict::inconclusive, 0.02),
                    metric("better", Verdict::improved, -0.1)};
  for (int i = 0; i < regressions; ++i)
    report.metrics.push_back(
        metric("slow" + std::to_string(i), Verdict::regressed, 0.05 + 0.01 * i));
  return report;
}

TEST(ExitCodes, OfEachOutcome) {
  EXPECT_EQ(report_of(1).exit_code(), ExitCode::regression);
  GateReport report = report_of(0);
  EXPECT_EQ(report.exit_code(), ExitCode::inconclusive);
  report.inconclusive = InconclusivePolicy::pass;
  EXPECT_EQ(report.exit_code(), ExitCode::done);
  report.inconclusive = InconclusivePolicy::fail;
  EXPECT_EQ(report.exit_code(), ExitCode::regression);
  EXPECT_EQ(GateReport{}.exit_code(), ExitCode::inconclusive) << "no metric is never green";
  report.fingerprint = {{"hosts.cpu_model", "A", "B"}};
  EXPECT_EQ(report.exit_code(), ExitCode::environment_differs);
}

TEST(ExitCodes, AMetricThatOneSideLacksIsNeverGreen) {
  GateReport report = report_of(0);
  report.metrics[1].incomplete = true;
  for (const auto policy : {InconclusivePolicy::report, InconclusivePolicy::pass}) {
    report.inconclusive = policy;
    EXPECT_EQ(report.exit_code(), ExitCode::inconclusive);
  }
  report.inconclusive = InconclusivePolicy::fail;
  EXPECT_EQ(report.exit_code(), ExitCode::regression);
}

TEST(Outputs, AByteMoreOfAMillionIsNotLostInRounding) {
  MetricResult count = metric("bytes_sent", Verdict::regressed, 1e-6);
  count.kind = MetricKind::exact;
  count.unit = "B";
  count.base = 1048576;
  count.head = 1048577;
  EXPECT_EQ(change_text(count), "+1");
  GateReport report;
  report.metrics = {count};
  EXPECT_NE(markdown_summary(report).find("| 1048576 | 1048577 | +1 |"), std::string::npos)
      << markdown_summary(report);
  report.metrics[0].base = 0;  // no ratio
  report.metrics[0].change = no_number;
  EXPECT_NE(junit_xml(report).find("0 -> 1048577, +1048577"), std::string::npos)
      << junit_xml(report);
}

TEST(Junit, FailsSkipsAndPasses) {
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(junit_xml(report_of(2)).c_str()));
  const pugi::xml_node suite = document.child("testsuites").child("testsuite");
  EXPECT_EQ(suite.attribute("tests").as_int(), 5);
  EXPECT_EQ(suite.attribute("failures").as_int(), 2);
  EXPECT_EQ(suite.attribute("skipped").as_int(), 1);
  EXPECT_EQ(suite.select_nodes("testcase/failure").size(), 2u);
  EXPECT_EQ(suite.select_nodes("testcase/skipped").size(), 1u);
  const std::string message =
      suite.select_node("testcase[@name='slow1']/failure").node().attribute("message").value();
  EXPECT_NE(message.find("+6.0 % [+5.0, +7.0]"), std::string::npos) << message;
}

TEST(Junit, ARefusalIsAnErrorAndNoGreenCase) {
  GateReport report = report_of(0);
  report.fingerprint = {{"hosts.cpu_model", "A", "B"}};
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(junit_xml(report).c_str()));
  const pugi::xml_node suite = document.child("testsuites").child("testsuite");
  EXPECT_EQ(suite.attribute("errors").as_int(), 1);
  EXPECT_EQ(suite.select_nodes("testcase").size(), 1u);
  EXPECT_NE(std::string(suite.select_node("testcase/error").node().attribute("message").value())
                .find("hosts.cpu_model"),
            std::string::npos);
}

TEST(Junit, HostileNamesStayText) {
  GateReport report;
  report.metrics = {metric("a]]></testcase><x a=\"\x01'&", Verdict::regressed, 0.1)};
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(junit_xml(report).c_str()));
  EXPECT_EQ(document.child("testsuites").child("testsuite").select_nodes("testcase").size(), 1u);
}

TEST(Annotations, TheWorstNineAndNMore) {
  const auto lines = github_annotations(report_of(12));
  ASSERT_EQ(lines.size(), 10u);
  EXPECT_TRUE(lines[0].starts_with("::error title=regressed%3A slow11::")) << lines[0];
  EXPECT_NE(lines[9].find("4 more"), std::string::npos) << lines[9];
  EXPECT_EQ(github_annotations(report_of(2)).size(), 3u) << "two regressions and one inconclusive";
}

TEST(Annotations, LineBreaksCannotForgeACommand) {
  GateReport report;
  report.metrics = {metric("a\n::error::b%", Verdict::regressed, 0.1)};
  const auto lines = github_annotations(report);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].find('\n'), std::string::npos);
  EXPECT_NE(lines[0].find("%0A"), std::string::npos);
}

TEST(Markdown, KeepsTheWorstWithinTheLimit) {
  const std::string text = markdown_summary(report_of(500), 20000);
  EXPECT_LE(text.size(), 20000u);
  EXPECT_NE(text.find("slow499"), std::string::npos);
  EXPECT_NE(text.find("more metrics are in gate.csv"), std::string::npos);
  EXPECT_EQ(markdown_summary(report_of(1)).find("more metrics"), std::string::npos);
}

TEST(Markdown, ABarDoesNotBreakTheTable) {
  GateReport report;
  report.metrics = {metric("a|b<script>", Verdict::same, 0)};
  EXPECT_NE(markdown_summary(report).find("a\\|b&lt;script&gt;"), std::string::npos);
}

TEST(Csv, OneLinePerMetricAndDefused) {
  GateReport report = report_of(1);
  report.metrics[0].name = "=cmd()";
  std::istringstream lines(csv_table(report));
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) ++count;
  EXPECT_EQ(count, 5);
  EXPECT_NE(csv_table(report).find("'=cmd()"), std::string::npos);
}

TEST(Json, HoldsWhatTheSchemaSays) {
  GateReport report = report_of(1);
  report.metrics[0].change = no_number;
  const nlohmann::json written = to_json(report);
  EXPECT_EQ(written["schema"], 1);
  EXPECT_EQ(written["exit_code"], 1);
  EXPECT_TRUE(written["metrics"][0]["change"].is_null());
  for (const char* key :
       {"kind", "tool_version", "base", "head", "started", "finished", "claim", "headline",
        "refusal", "rule", "fingerprint", "canaries", "history", "audit", "warnings"})
    EXPECT_TRUE(written.contains(key)) << key;
}

TEST(TerminalTable, WorstFirstAndWhatCouldBeMissed) {
  const std::string text = terminal_table(report_of(2));
  EXPECT_LT(text.find("slow1"), text.find("slow0"));
  EXPECT_LT(text.find("slow0"), text.find("open"));
  EXPECT_NE(text.find("found with 90 % probability"), std::string::npos);
  EXPECT_NE(text.find("regressed: 2 of 5 metrics"), std::string::npos);
}

}  // namespace
}  // namespace assay::gate
