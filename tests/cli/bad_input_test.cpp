/// Wrong input ends with exit 4 and one line that says what is wrong and what was expected; nothing
/// is measured, lost or overwritten.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/program.hpp"
#include "tests/paths.hpp"

namespace assay::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// Exit 4, one line of error, nothing on stdout, no run directory made.
void expect_refused(const std::vector<std::string>& arguments,
                    const std::vector<std::string>& words_of_message) {
  const TemporaryFolder folder;
  const Ended ended = run_assay(arguments, folder.path());
  EXPECT_EQ(ended.exit_status, 4) << ended.errors;
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(std::count(ended.errors.begin(), ended.errors.end(), '\n'), 1) << ended.errors;
  EXPECT_THAT(ended.errors, HasSubstr("assay: error: "));
  for (const std::string& word : words_of_message) EXPECT_THAT(ended.errors, HasSubstr(word));
  EXPECT_TRUE(run_directories(folder.path()).empty());
}

TEST(BadInput, UnknownCommand) {
  expect_refused({"prob"}, {"'prob'", "did you mean probe?"});
}

TEST(BadInput, UnknownOption) {
  expect_refused({"probe", "--profil", "quick"}, {"--profil", "did you mean --profile?"});
}

TEST(BadInput, UnknownProbe) {
  expect_refused({"probe", "memory.bandwith"}, {"memory.bandwith", "memory.bandwidth?"});
}

TEST(BadInput, UnknownProfile) {
  expect_refused({"probe", "--profile", "fast"}, {"fast", "quick, standard or thorough"});
}

TEST(BadInput, BareNumberForATime) {
  expect_refused({"probe", "--timeout", "30"}, {"--timeout", "30", "unit", "30s"});
}

TEST(BadInput, WrongUnitForATime) {
  expect_refused({"probe", "--timeout", "30MiB"}, {"--timeout", "30MiB"});
}

/// Before anything is measured: the probes ahead of it in the plan would take minutes.
TEST(BadInput, UnknownAllReduceAlgorithm) {
  expect_refused({"run", "--profile", "quick", "--algorithm", "token_bus"},
                 {"token_bus", "recursive_doubling"});
  expect_refused({"suite", "--profile", "quick", "--operation", "mean"}, {"mean", "prod"});
}

TEST(BadInput, UnknownProvider) {
  expect_refused({"suite", "allreduce", "--profile", "quick", "--provider", "infiniband"},
                 {"infiniband", "assay list providers"});
}

TEST(BadInput, OutputThatCannotBeMade) {
  expect_refused({"probe", "counters", "--output", "/proc/assay"}, {"/proc/assay"});
  expect_refused({"probe", "counters", "--output", "/dev/null/assay"}, {"/dev/null/assay"});
}

TEST(BadInput, OutputInUseIsLeftAlone) {
  const TemporaryFolder folder;
  std::ofstream(folder / "precious.txt") << "mine";
  const Ended ended =
      run_assay({"probe", "counters", "--output", folder.path().string()}, folder.path());
  EXPECT_EQ(ended.exit_status, 4);
  EXPECT_THAT(ended.errors, HasSubstr("not empty"));
  EXPECT_THAT(ended.errors, HasSubstr("--append"));
  EXPECT_EQ(read_text(folder / "precious.txt"), "mine");
  EXPECT_FALSE(fs::exists(folder / "run.json"));
}

TEST(BadInput, AConfigFileThatIsNotThere) {
  expect_refused({"probe", "--config", "nowhere.ini"}, {"--config", "nowhere.ini"});
}

TEST(BadInput, AConfigFileWithAnUnknownName) {
  const TemporaryFolder folder;
  std::ofstream(folder / "assay.ini") << "profil = quick\n";
  const Ended ended = run_assay({"probe", "--config", "assay.ini"}, folder.path());
  EXPECT_EQ(ended.exit_status, 4);
  EXPECT_THAT(ended.errors, HasSubstr("profil"));
}

TEST(BadInput, ALauncherWithoutPmixIsRefusedWithTheRightCommand) {
  const TemporaryFolder folder;
  const Ended ended = run_command(
      {"env", "-u", "PMIX_RANK", "PMI_RANK=0", "PMI_SIZE=2", ASSAY_PROGRAM, "suite", "allreduce"},
      folder.path());
  EXPECT_EQ(ended.exit_status, 4) << ended.errors;
  EXPECT_THAT(ended.errors, HasSubstr("srun --mpi=pmix"));
  EXPECT_TRUE(run_directories(folder.path()).empty());
}

/// Of eight ranks that a launcher starts with a wrong option the first says so; the others end as
/// it does.
TEST(BadInput, WhatEveryRankWouldSayIsSaidOnce) {
  const TemporaryFolder folder;
  for (const char* command : {"run", "suite", "probe"}) {
    const auto rank = [&](const char* variable) {
      return run_command({"env", "-u", "PMIX_RANK", variable, ASSAY_PROGRAM, command, "--dedline"},
                         folder.path());
    };
    for (const std::string name : {"PMIX_RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK"}) {
      const Ended first = rank((name + "=0").c_str());
      EXPECT_EQ(first.exit_status, 4);
      EXPECT_THAT(first.errors, HasSubstr("unknown option '--dedline'"));
      const Ended other = rank((name + "=3").c_str());
      EXPECT_EQ(other.exit_status, 4);
      EXPECT_EQ(other.errors, "") << command << " " << name;
    }
  }
  // A program that is no part of the job speaks for itself wherever it runs.
  const Ended alone =
      run_command({"env", "PMIX_RANK=3", ASSAY_PROGRAM, "plan", "target"}, folder.path());
  EXPECT_THAT(alone.errors, HasSubstr("is missing"));
}

TEST(BadInput, AJobThatIsNoneIsRefusedBeforeAnythingIsMeasured) {
  for (const char* command : {"run", "suite"}) {
    expect_refused({command, "--deadline", "30"}, {"--deadline", "unit"});
    expect_refused({command, "--deadline", "0h"}, {"--deadline", "above 0"});
    expect_refused({command, "--steps", "-4"}, {"--steps -4", "a number above 0"});
    expect_refused({command, "--results", "nan"}, {"--results nan"});
    expect_refused({command, "--job", "nowhere.toml"}, {"nowhere.toml"});
    const TemporaryFolder folder;
    std::ofstream(folder / "job.toml") << "steps = 1\nstpes = 2\n";
    expect_refused({command, "--job", (folder / "job.toml").string()},
                   {"job.toml:2: column stpes: unknown key; expected steps"});
  }
}

TEST(Job, WaitsInTheRunForTheReport) {
  const TemporaryFolder folder;
  std::ofstream(folder / "job.toml") << "deadline = \"30h\"\nsteps = 7\nbudget = 100\n";
  const Ended ended = run_assay({"suite",
                                 "synthetic",
                                 "--ranks",
                                 "1",
                                 "--launches",
                                 "1",
                                 "--timed-steps",
                                 "1",
                                 "--serial-seconds",
                                 "1ms",
                                 "--parallel-seconds",
                                 "1ms",
                                 "--bytes",
                                 "0B",
                                 "--steps",
                                 "1000",
                                 "--job",
                                 "job.toml",
                                 "--no-progress",
                                 "--output",
                                 "run"},
                                folder.path());
  ASSERT_EQ(ended.exit_status, 0) << ended.errors;
  const auto job = nlohmann::json::parse(read_text(folder / "run/run.json"))["options"]["job"];
  EXPECT_EQ(job["steps"], "1000") << "the command line wins";
  EXPECT_EQ(job["deadline"], "30h");
  EXPECT_EQ(job["budget"], "100");
}

class FinishedRunDamaged : public ::testing::Test {
 protected:
  void SetUp() override {
    copy_finished_run(folder_.path());
    fs::remove(folder_ / "run/report.html");
  }
  void expect_report_refused(const std::vector<std::string>& words) const {
    const Ended ended = run_assay({"report", "run"}, folder_.path());
    EXPECT_EQ(ended.exit_status, 4) << ended.errors;
    for (const std::string& word : words) EXPECT_THAT(ended.errors, HasSubstr(word));
    EXPECT_FALSE(fs::exists(folder_ / "run/report.html"));
  }
  void write(const std::string& text) const { std::ofstream(folder_ / table_) << text; }

  TemporaryFolder folder_;
  const std::string table_ = "run/measurements.csv";
};

TEST_F(FinishedRunDamaged, AForeignTableNamesFileAndColumn) {
  write("time,temperature\n1,2\n");
  expect_report_refused({"run/measurements.csv:1", "probe", "expected"});
}

TEST_F(FinishedRunDamaged, AWrongCellNamesLineColumnAndWhatWasExpected) {
  std::string text = read_text(folder_ / table_);
  const std::size_t second = text.find('\n') + 1;
  const auto columns = std::count(text.begin(), text.begin() + std::ptrdiff_t(second), ',') + 1;
  text.insert(second, "memory.bandwidth,rate,B/s,ok,,host,1,many" +
                          std::string(static_cast<std::size_t>(columns) - 8, ',') + "\n");
  write(text);
  expect_report_refused({"run/measurements.csv:2", "ranks", "many", "expected"});
}

TEST_F(FinishedRunDamaged, ALineCutShortInTheMiddleIsNamed) {
  std::string text = read_text(folder_ / table_);
  text.insert(text.find('\n') + 1, "memory.bandwidth,rate,B/s\n");
  write(text);
  expect_report_refused({"run/measurements.csv:2", "expected"});
}

TEST_F(FinishedRunDamaged, ALastLineCutOffInACompleteRunIsDamage) {
  write(read_text(folder_ / table_) + "memory.bandwidth,rate,B");
  expect_report_refused({"run/measurements.csv:", "column unit", "cut off"});
}

TEST_F(FinishedRunDamaged, ALastLineCutOffByAKillIsDroppedAndTheReportMade) {
  std::string run = read_text(folder_ / "run/run.json");
  const std::string complete = "\"complete\"";
  ASSERT_NE(run.find(complete), std::string::npos);
  for (std::size_t at = 0; (at = run.find(complete, at)) != std::string::npos;)
    run.replace(at, complete.size(), "\"running\"");
  std::ofstream(folder_ / "run/run.json") << run;
  const std::string text = read_text(folder_ / table_);
  write(text + "memory.bandwidth,rate,B");
  const Ended ended = run_assay({"report", "run"}, folder_.path());
  // 3: a validity check of the machine failed, as it does beside other tests.
  EXPECT_THAT(ended.exit_status, ::testing::AnyOf(0, 3)) << ended.errors;
  EXPECT_GT(read_text(folder_ / "run/report.html").size(), 1000u);
}

TEST_F(FinishedRunDamaged, AFolderWithoutARunIsRefused) {
  fs::remove(folder_ / "run/run.json");
  expect_report_refused({"run.json"});
  EXPECT_EQ(run_assay({"report", "nowhere"}, folder_.path()).exit_status, 4);
  EXPECT_EQ(run_assay({"report"}, folder_.path()).exit_status, 4);
}

/// The shipped price list, with one thing wrong.
void expect_prices_refused(const std::string& from, const std::string& to,
                           const std::vector<std::string>& words) {
  const TemporaryFolder folder;
  std::string prices = read_text(fs::path(ASSAY_SOURCE_DIR) / "reports/example-prices.csv");
  const std::size_t at = prices.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  std::ofstream(folder / "prices.csv") << prices.replace(at, from.size(), to);
  const Ended ended =
      run_assay({"run", "--prices", "prices.csv", "--output", "run"}, folder.path());
  EXPECT_EQ(ended.exit_status, 4) << ended.errors;
  EXPECT_THAT(ended.errors, HasSubstr("prices.csv"));
  for (const std::string& word : words) EXPECT_THAT(ended.errors, HasSubstr(word));
  EXPECT_FALSE(fs::exists(folder / "run")) << "known before anything is measured";
}

TEST(PriceList, ADateThatIsNoDayIsRefusedBeforeAnythingIsMeasured) {
  expect_prices_refused("EUR,2024-01-01,3.5", "EUR,2024-02-30,3.5", {"as_of", "2024-02-30", ":6"});
}

TEST(PriceList, MixedCurrenciesAreRefusedBeforeAnythingIsMeasured) {
  expect_prices_refused("large,9.50,EUR", "large,9.50,USD", {"currency", "USD"});
}

TEST(PriceList, ANegativePriceIsRefusedBeforeAnythingIsMeasured) {
  expect_prices_refused("large,9.50", "large,-9.50", {"price_per_hour", "-9.50"});
}

TEST(PriceList, AMissingColumnIsRefusedBeforeAnythingIsMeasured) {
  expect_prices_refused("name,price_per_hour,", "name,price,", {"price_per_hour"});
}

TEST(PriceList, ABareWordForAPriceIsRefused) {
  expect_prices_refused("small,2.00", "small,cheap", {"price_per_hour", "cheap"});
}

TEST(Help, EveryCommandHasHelpWithAnExample) {
  const TemporaryFolder folder;
  const Ended overview = run_assay({"--help"}, folder.path());
  ASSERT_EQ(overview.exit_status, 0);
  std::istringstream lines(overview.output);
  int commands = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("  ", 0) != 0) continue;
    const std::string name = line.substr(2, line.find(' ', 2) - 2);
    const Ended help = run_assay({name, "--help"}, folder.path());
    EXPECT_EQ(help.exit_status, 0) << name << help.errors;
    EXPECT_THAT(help.output, HasSubstr("Usage: assay " + name));
    EXPECT_THAT(help.output, HasSubstr("Example")) << name;
    EXPECT_THAT(help.output, HasSubstr("  assay " + name)) << name;
    ++commands;
  }
  EXPECT_GE(commands, 4);
}

/// A left-over variable makes hwloc describe a machine that is not this one.
TEST(BadInput, AnInventedMachineIsNamed) {
  const TemporaryFolder folder;
  for (const std::string command : {"probe", "doctor"}) {
    const Ended ended = run_command({"env", "-u", "HWLOC_THISSYSTEM",
                                     "HWLOC_SYNTHETIC=pack:2 core:4 pu:2", ASSAY_PROGRAM, command},
                                    folder.path());
    EXPECT_EQ(ended.exit_status, 4) << ended.errors;
    EXPECT_THAT(ended.errors,
                HasSubstr("another machine than this one (HWLOC_SYNTHETIC=pack:2 core:4 pu:2)"));
    EXPECT_EQ(std::count(ended.errors.begin(), ended.errors.end(), '\n'), 1) << ended.errors;
  }
  EXPECT_TRUE(run_directories(folder.path()).empty());
}

}  // namespace
}  // namespace assay::test
