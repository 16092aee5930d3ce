/// A study that was killed and resumed holds the same rows as one that was not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

#include "probes/run/run_directory.hpp"
#include "tests/cli/program.hpp"
#include "tests/paths.hpp"

namespace assay::test {
namespace {

using testing::HasSubstr;

/// Minutes that the study takes: none for a test, 20 by hand (ASSAY_RESUME_MINUTES).
int minutes() {
  const char* const text = std::getenv("ASSAY_RESUME_MINUTES");
  return text == nullptr ? 0 : std::stoi(text);
}

/// Waits of 4 ms and 13 launches, or waits of 400 ms and as many launches as the minutes hold.
std::vector<std::string> study(const std::string& output) {
  const bool is_long = minutes() > 0;
  return {"suite",
          "synthetic",
          "--ranks",
          "1,2,3",
          "--launches",
          is_long ? std::to_string(15 * minutes()) : "4",
          "--bytes",
          "0B",
          "--serial-seconds",
          is_long ? "100ms" : "1ms",
          "--parallel-seconds",
          is_long ? "300ms" : "3ms",
          "--timed-steps",
          "2",
          "--no-progress",
          "--output",
          output};
}

/// What was measured, in the order of the file.
std::vector<std::string> keys_of(const RunData& run) {
  std::vector<std::string> keys;
  for (const Record& row : run.records)
    keys.push_back(row.metric.str() + " " + std::to_string(row.ranks) + " " + row.launch.str() +
                   " " + row.scaling.str());
  return keys;
}

std::vector<std::string> with_word(std::vector<std::string> arguments, const std::string& more) {
  arguments.push_back(more);
  return arguments;
}

TEST(Resume, AKilledStudyHoldsTheSameRowsOnceItIsResumed) {
  const TemporaryFolder folder;
  const Seconds limit = hanging + minutes() * 240_s;
  std::vector<std::string> whole_command = study("whole");
  whole_command.insert(whole_command.begin(), ASSAY_PROGRAM);
  Running whole_run(whole_command, folder.path());
  if (minutes() == 0) {
    ASSERT_EQ(whole_run.wait(limit).exit_status, 0);
  }

  // Long ones side by side: they wait most of the time.
  std::mt19937 random(std::random_device{}());
  const auto longest = std::max(1500u, static_cast<unsigned>(minutes()) * 45'000u);
  const auto delay = std::chrono::milliseconds(50 + random() % longest);
  SCOPED_TRACE("killed after " + std::to_string(delay.count()) + " ms");
  {
    std::vector<std::string> command = study("killed");
    command.insert(command.begin(), ASSAY_PROGRAM);
    Running running(command, folder.path());
    std::this_thread::sleep_for(delay);
    running.send_to_group(SIGKILL);
    (void)running.wait();
  }
  const Ended resumed = run_assay(with_word(study("killed"), "--resume"), folder.path(), limit);
  ASSERT_EQ(resumed.exit_status, 0) << resumed.errors;
  if (minutes() > 0) {
    ASSERT_EQ(whole_run.wait(limit).exit_status, 0);
  }
  const std::vector<std::string> whole = keys_of(read_run(folder / "whole"));
  ASSERT_GT(whole.size(), 100u);
  EXPECT_EQ(keys_of(read_run(folder / "killed")), whole);
  EXPECT_EQ(read_run(folder / "killed").run.at("state"), "complete");

  // Once more: nothing is left to measure, and nothing changes.
  const std::string before = read_text(folder / "killed/measurements.csv");
  const Ended again = run_assay(with_word(study("killed"), "--resume"), folder.path());
  EXPECT_EQ(again.exit_status, 0) << again.errors;
  EXPECT_EQ(read_text(folder / "killed/measurements.csv"), before);
  EXPECT_EQ(again.output, resumed.output) << "the table is the file's";
}

TEST(Resume, AnotherStudyIsRefusedInALine) {
  const TemporaryFolder folder;
  std::vector<std::string> other = with_word(study("run"), "--resume");
  ASSERT_EQ(run_assay(other, folder.path()).exit_status, 0) << "nothing there: it begins";
  other[5] = "3";  // --launches
  const Ended ended = run_assay(other, folder.path());
  EXPECT_EQ(ended.exit_status, 4);
  EXPECT_THAT(ended.errors, HasSubstr("--launches 4, now 3"));
  EXPECT_EQ(run_assay({"suite", "synthetic", "--resume"}, folder.path()).exit_status, 4);
}

TEST(TimeBudget, DropsReplicatesAndSaysSo) {
  const TemporaryFolder folder;
  const Ended ended = run_assay({"suite", "synthetic", "--ranks", "1,2", "--launches", "40",
                                 "--bytes", "0B", "--serial-seconds", "0", "--parallel-seconds",
                                 "2ms", "--no-progress", "--output", "run", "--time-budget", "3s"},
                                folder.path());
  EXPECT_THAT(ended.errors, HasSubstr("launches of workload.synthetic were dropped"));
  const RunData run = read_run(folder / "run");
  int skipped = 0, measured = 0;
  for (const Record& row : run.records)
    if (row.metric == "step_time") ++(row.status == Status::skipped ? skipped : measured);
  EXPECT_EQ(skipped + measured, 81) << "every launch has a row";
  EXPECT_GT(skipped, 40) << "a launch takes more than 75 ms by the plan";
  EXPECT_GE(measured, 1);
  EXPECT_THAT(run.records.back().reason.str(), HasSubstr("time budget of 3 s"));
}

}  // namespace
}  // namespace assay::test
