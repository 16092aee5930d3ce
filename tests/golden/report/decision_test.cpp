#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/golden/report/made_page.hpp"

namespace assay {
namespace {

using made_up::between;
using made_up::content;
using made_up::expect_sound;
using made_up::Made;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

TEST(Report, SeveralRunsAreComparedWithAProbability) {
  Made made;
  made_up::write_run(made.directory, {.host = "slow"});
  made_up::write_run(made.folder / "other", {.host = "fast", .speed = 1.6});
  const std::string html = content(
      write_report({made.directory, made.folder / "other"}, {.output = made.folder / "both.html"})
          .page);
  expect_sound(html);
  EXPECT_THAT(html, HasSubstr("fast is cheaper per result, with a probability of "));
  EXPECT_THAT(html, HasSubstr("slow: Validity checks"));
}

/// Two runs that differ by chance alone are no choice: that is the headline, and the probability,
/// which is less for the cheapest of three than for the cheaper of two, is the reason.
TEST(Report, EqualRunsCannotBeToldApart) {
  Made made;
  std::vector<fs::path> runs;
  for (const char* name : {"a", "b", "c"}) {
    runs.push_back(made.folder / name);
    made_up::write_run(runs.back(), {.host = name});
  }
  const auto probability = [&](const std::vector<fs::path>& directories) {
    const WrittenReport report = write_report(directories, {.output = made.folder / "page.html"});
    const std::string html = content(report.page);
    EXPECT_THAT(html, HasSubstr("The runs cannot be told apart by cost per result"));
    EXPECT_THAT(html, Not(HasSubstr("is cheaper per result")));
    EXPECT_THAT(report.answer, HasSubstr("The runs cannot be told apart by cost per result"));
    return std::stod(between(html, "is the lowest in ", " %"));
  };
  // Equal runs: half of two, a third of three.
  EXPECT_NEAR(probability({runs[0], runs[1]}), 50, 1);
  EXPECT_NEAR(probability(runs), 33.3, 1);
}

/// What two runs of one machine differ by is no reason to prefer either, however narrow the
/// intervals are.
TEST(Report, TwoRunsOfOneMachineAreNoChoice) {
  Made made;
  made_up::write_run(made.directory, {.host = "one"});
  made_up::write_run(made.folder / "again", {.host = "one", .speed = 1.05});
  const std::string html = content(
      write_report({made.directory, made.folder / "again"}, {.output = made.folder / "both.html"})
          .page);
  EXPECT_THAT(html, HasSubstr("The runs cannot be told apart by cost per result"));
  EXPECT_THAT(html, HasSubstr("what two runs of one machine differ by"));
}

TEST(Report, DifferentWorkIsNotRanked) {
  Made made;
  made_up::write_run(made.directory, {.host = "a"});
  const fs::path log = made.folder / "times.csv";
  std::ofstream(log) << "ranks,nodes,time\n1,1,1\n1,1,1.01\n2,2,0.6\n2,2,0.61\n4,4,0.4\n4,4,0.41\n";
  const std::string html =
      content(write_report({made.directory, log}, {.output = made.folder / "both.html"}).page);
  EXPECT_THAT(html, HasSubstr("The runs are not ranked by cost: they ran different work"));
}

/// A run that says of itself that it is not to be believed gives no verdict anywhere.
TEST(Report, AFailedCheckIsNoVerdict) {
  Made made;
  {
    made_up::Shape shape;
    made_up::Writer run(made.directory, shape);
    made_up::put_workload(run, shape);
    run.writer().put_check({"swap", "trial-1", ValidityCheck::Verdict::failed,
                            "4,096 pages were swapped in", "close other programs"});
    run.writer().finish("complete");
  }
  made.options.markdown = made.folder / "summary.md";
  const WrittenReport report = write_report({made.directory}, made.options);
  EXPECT_EQ(report.code, ExitCode::environment_differs);
  EXPECT_THAT(report.why, HasSubstr("1 validity check failed (swap)"));
  for (const std::string& text :
       {content(report.page), report.answer, content(made.folder / "summary.md")})
    EXPECT_THAT(text, HasSubstr("1 validity check failed"));
}

TEST(Report, AGateWithoutVerdictSaysWhatDiffers) {
  Made made;
  made_up::write_run(made.directory);
  std::ofstream(made.directory / "gate.json")
      << R"({"headline": "no verdict: the environment differs", "exit_code": 3, "base": "q1",
             "head": "q4", "metrics": [], "warnings": ["q1: 19 rows are marked untrusted"],
             "fingerprint": [{"key": "kernel", "base": "6.1", "head": "6.9", "hard": true,
                              "allowed": false}],
             "canaries": [{"name": "triad", "base": 5e10, "head": 3e10, "limit": 0.05,
                           "passed": false}, {"name": "peak", "passed": true}]})";
  const std::string gate = between(made.html(), "<section id=\"gate\"", "</section>");
  for (const char* said : {"no verdict: the environment differs", "q1 against q4", "kernel",
                           "no verdict across it", "may move by 5.00 %", "19 rows are marked"})
    EXPECT_THAT(gate, HasSubstr(said));
  EXPECT_THAT(gate, Not(HasSubstr("peak")));
  EXPECT_THAT(gate, Not(HasSubstr("Verdicts, worst first")));
}

TEST(Report, AGatesExactCountIsShownInFull) {
  Made made;
  made_up::write_run(made.directory);
  std::ofstream(made.directory / "gate.json")
      << R"({"headline": "regressed: 1 of 1 metric", "exit_code": 1, "metrics": [
             {"name": "bytes_sent", "unit": "B", "kind": "exact", "verdict": "regressed",
              "base": 1048576, "head": 1048577, "change": 9.5e-7,
              "reason": "exact counter changed"}]})";
  const std::string gate = between(made.html(), "<section id=\"gate\"", "</section>");
  for (const char* said : {">1,048,576<", ">1,048,577<", ">+1<"})
    EXPECT_THAT(gate, HasSubstr(said));
}

TEST(Report, ADeadlineTurnsTheQuestion) {
  Made made;
  made_up::write_run(made.directory);
  made.options.steps = 100'000;  // 10,200 s on one rank, about 3,700 s on four
  made.options.deadline = Seconds(4000);
  EXPECT_THAT(made.html(), HasSubstr("The cheapest that meets the deadline"));
  made.options.deadline = Seconds(1);
  EXPECT_THAT(made.html(), HasSubstr("No configuration meets the deadline"));
}

}  // namespace
}  // namespace assay
