#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "probes/core/errors.hpp"
#include "probes/run/csv.hpp"
#include "probes/run/file_writing.hpp"
#include "tests/golden/report/made_page.hpp"

namespace assay {
namespace {

using made_up::content;
using made_up::expect_sound;
using made_up::Made;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

TEST(Report, ALogOfAnotherToolIsAReport) {
  Made made;
  made.directory = made.folder / "times.csv";
  std::ofstream log(made.directory);
  log << "ranks,time\n";
  for (int ranks = 1; ranks <= 16; ranks *= 2)
    for (const double off : {0.99, 1.0, 1.02})
      log << ranks << ',' << off * (1 + 40.0 / ranks) << '\n';
  log.close();
  const std::string html = made.html();
  EXPECT_THAT(html, HasSubstr("Amdahl's serial fraction is"));
  EXPECT_TRUE(fs::exists(made.folder / "times-report.html"));
  EXPECT_THAT(html, Not(HasSubstr("measurements.csv#row")));
}

TEST(Report, TheLedgerScoresAnEarlierPrediction) {
  Made made;
  made_up::write_run(made.directory, {.start = "2025-11-20T10:00:00Z", .largest_ranks = 8});
  made_up::write_run(made.folder / "later", {.start = "2025-11-21T10:00:00Z", .largest_ranks = 16});
  const std::string html = content(
      write_report({made.folder / "later", made.directory}, {.output = made.folder / "both.html"})
          .page);
  expect_sound(html);
  EXPECT_THAT(html, HasSubstr("later measurements fell inside the interval"));
}

/// The earlier run is not named: it lies beside the later one, and its report has kept what it
/// said.
TEST(Report, ALaterRunIsHeldAgainstWhatIsKeptBesideIt) {
  Made made;
  made_up::write_run(made.directory, {.start = "2025-11-20T10:00:00Z", .largest_ranks = 8});
  (void)write_report({made.directory});
  ASSERT_TRUE(fs::exists(made.directory / "predictions.json"));
  const std::string kept = content(made.directory / "predictions.json");
  const fs::path later = made.folder / "later";
  made_up::write_run(later, {.start = "2025-11-21T10:00:00Z", .largest_ranks = 16});
  const std::string html = content(write_report({later}).page);
  expect_sound(html);
  const std::string ledger = made_up::between(html, "<section id=\"ledger\"", "</section>");
  EXPECT_THAT(ledger, HasSubstr("later measurements fell inside the interval"));
  EXPECT_THAT(ledger, HasSubstr(">16<"));
  EXPECT_THAT(ledger, HasSubstr("alpha-beta"));
  // What was said stays said, also when the report is made again.
  (void)write_report({made.directory});
  EXPECT_EQ(content(made.directory / "predictions.json"), kept);
  // The earlier run is not held against the later one.
  EXPECT_THAT(made_up::between(content(write_report({made.directory}).page),
                               "<section id=\"ledger\"", "</section>"),
              HasSubstr("Nothing to score yet"));
}

TEST(Report, ALedgerThatIsNoneIsAMessage) {
  Made made;
  made_up::write_run(made.directory);
  for (const char* text :
       {"{", "[1]", R"({"predictions": [1]})", R"({"predictions": [{"made": 1}]})"}) {
    std::ofstream(made.directory / "predictions.json") << text;
    EXPECT_THROW((void)write_report({made.directory}), InputError) << text;
  }
}

TEST(Report, MarkdownAndTablesHoldTheSameNumbers) {
  Made made;
  made_up::write_run(made.directory);
  made.options.tables = made.folder / "tables";
  made.options.markdown = made.folder / "summary.md";
  (void)made.html();
  EXPECT_THAT(content(made.folder / "summary.md"), HasSubstr("node-s"));
  EXPECT_TRUE(fs::exists(made.folder / "tables/checks.csv"));
  EXPECT_GE(std::distance(fs::directory_iterator(made.folder / "tables"), {}), 15);
}

TEST(Report, TheAnswerStandsInPlainTextForTheTerminal) {
  Made made;
  made_up::write_run(made.directory);
  const std::string answer = write_report({made.directory}, made.options).answer;
  EXPECT_THAT(answer, HasSubstr("node-s"));
  EXPECT_THAT(answer, HasSubstr("What binds: "));
  EXPECT_THAT(answer, Not(HasSubstr("<")));
  EXPECT_THAT(answer, HasSubstr("Assumed: 1 rank per node, the most that was measured"));
  EXPECT_LT(std::count(answer.begin(), answer.end(), '\n'), 12);
}

TEST(Report, ModelsCsvIsWrittenAndReadable) {
  Made made;
  made_up::write_run(made.directory);
  (void)made.html();
  EXPECT_GT(csv::read_models(made.directory / "models.csv").size(), 10U);
}

TEST(Report, BadInputIsAMessage) {
  Made made;
  EXPECT_THROW((void)write_report({made.folder / "nowhere"}), InputError);
  EXPECT_THROW((void)write_report({}), UsageError);
  made_up::write_run(made.directory);
  EXPECT_THROW((void)write_report({made.directory}, {.prices = {"a", "b"}}), UsageError);
  EXPECT_THROW(
      (void)write_report({made.directory}, {.output = made.directory / "run.json" / "page.html"}),
      FileError);
  std::ofstream(made.directory / "gate.json") << "{\"schema\": 1,";
  EXPECT_THROW((void)write_report({made.directory}), InputError);
}

}  // namespace
}  // namespace assay
