#include "probes/run/run_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <limits>

#include "probes/core/errors.hpp"
#include "probes/run/sessions.hpp"
#include "tests/temporary_folder.hpp"

namespace assay {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class RunDirectoryTest : public testing::Test {
 protected:
  static Record row(double value) {
    Record record;
    record.probe = "memory.bandwidth";
    record.metric = "rate";
    record.unit = "B/s";
    return with_samples(record, {value, value + 1, value + 2});
  }
  test::TemporaryFolder temporary_;
  fs::path folder_ = temporary_ / "run";
};

TEST_F(RunDirectoryTest, WhatIsWrittenIsReadBack) {
  RunWriter writer(folder_, false);
  writer.put(row(1));
  writer.put_model({"amdahl", "x", "serial_fraction", "1", 0.1, 0.05, 0.2, Label::measured, ""});
  writer.put_check({"steal", "host", ValidityCheck::Verdict::passed, "0 %", ""});
  writer.set("options", {{"profile", "quick"}});
  writer.finish("complete");
  const RunData data = read_run(folder_);
  EXPECT_TRUE(data.warnings.empty());
  ASSERT_EQ(data.records.size(), 1u);
  EXPECT_EQ(data.records[0].median, 2);
  EXPECT_EQ(data.models.size(), 1u);
  EXPECT_EQ(data.run["options"]["profile"], "quick");
  EXPECT_EQ(data.run["checks"][0]["verdict"], "passed");
  EXPECT_TRUE(data.run.contains("end"));
}

TEST_F(RunDirectoryTest, ARowIsOnDiskBeforeTheWriterIsGone) {
  RunWriter writer(folder_, false);
  writer.put(row(1));
  const RunData data = read_run(folder_);  // the writer still lives, as in a killed run
  EXPECT_EQ(data.records.size(), 1u);
  ASSERT_EQ(data.warnings.size(), 1u);
  EXPECT_THAT(data.warnings[0], HasSubstr("did not complete"));
}

TEST_F(RunDirectoryTest, ADirectoryInUseIsRefusedAndUntouched) {
  fs::create_directories(folder_);
  std::ofstream(folder_ / "precious") << "text";
  EXPECT_THROW(RunWriter(folder_, false), UsageError);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(RunDirectoryTest, AFileInThePlaceOfTheDirectoryIsRefused) {
  std::ofstream(folder_.string()) << "text";
  EXPECT_THROW(RunWriter(folder_, false), UsageError);
}

TEST_F(RunDirectoryTest, AppendAddsAndMendsACutOffLine) {
  {
    RunWriter writer(folder_, false);
    writer.put(row(1));
    writer.finish("partial", "killed");
  }
  std::ofstream(folder_ / "measurements.csv", std::ios::app) << "memory.bandw";
  {
    RunWriter writer(folder_, true);
    writer.put(row(5));
    writer.finish("complete");
  }
  const RunData data = read_run(folder_);
  ASSERT_EQ(data.records.size(), 2u);
  EXPECT_EQ(data.records[1].median, 6);
  EXPECT_TRUE(data.warnings.empty());
}

TEST_F(RunDirectoryTest, ACutOffLineIsForgivenOnlyToARunThatWasKilled) {
  {
    RunWriter writer(folder_, false);
    writer.put(row(1));
    std::ofstream(folder_ / "measurements.csv", std::ios::app) << "memory.bandwidth,rate,B/s,o";
    EXPECT_EQ(read_run(folder_).warnings.size(), 2u);  // did not complete, and cut off
    writer.finish("complete");
  }
  try {
    (void)read_run(folder_);
    FAIL() << "a damaged file of a complete run was read";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("measurements.csv:3: column status: the line ends here"));
  }
}

TEST_F(RunDirectoryTest, ForeignDirectoriesAreRefusedWithAReason) {
  EXPECT_THROW((void)read_run(folder_), InputError);
  fs::create_directories(folder_);
  EXPECT_THROW((void)read_run(folder_), InputError);
  std::ofstream(folder_ / "run.json") << "{\"schema\": ";
  EXPECT_THROW((void)read_run(folder_), InputError);
  std::ofstream(folder_ / "run.json") << "[1, 2]";
  EXPECT_THROW((void)read_run(folder_), InputError);
}

/// A complete run of two steps.
void write_two_steps(const fs::path& folder, const Record& first, const Record& second) {
  RunWriter writer(folder, false);
  writer.set("command", "probe");
  writer.begin_journal();
  writer.put(first);
  writer.add_to_journal("one");
  writer.put(second);
  writer.add_to_journal("two");
  writer.finish("complete");
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t count_lines(const fs::path& file) {
  const std::string text = text_of(file);
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST_F(RunDirectoryTest, WhatChangedAfterTheRunIsNamed) {
  write_two_steps(folder_, row(1), row(5));
  EXPECT_TRUE(read_run(folder_).warnings.empty());

  const std::string rows = text_of(folder_ / "measurements.csv");
  std::string flipped = rows;
  flipped[flipped.rfind(",6,") + 1] ^= 1;  // the second median: one bit
  std::ofstream(folder_ / "measurements.csv") << flipped;
  ASSERT_EQ(read_run(folder_).warnings.size(), 1u);
  EXPECT_THAT(read_run(folder_).warnings[0],
              HasSubstr("measurements.csv: lines 3 to 3, which step 'two' of session 1 wrote, were "
                        "changed later"));

  std::ofstream(folder_ / "measurements.csv")
      << rows.substr(0, rows.find('\n', rows.find('\n') + 1) + 1);
  EXPECT_THAT(read_run(folder_).warnings.at(0),
              HasSubstr("measurements.csv: is cut off in line 3, in what step 'two' of session 1"));

  std::ofstream(folder_ / "measurements.csv") << rows << rows.substr(rows.find('\n') + 1);
  EXPECT_THAT(read_run(folder_).warnings.at(0),
              HasSubstr("measurements.csv: what stands behind line 3 was added after the run"));

  std::ofstream(folder_ / "measurements.csv") << rows;
  write_two_steps(temporary_ / "other", row(2), row(7));
  fs::copy_file(temporary_ / "other/samples.csv", folder_ / "samples.csv",
                fs::copy_options::overwrite_existing);
  EXPECT_THAT(read_run(folder_).warnings.at(0),
              HasSubstr("samples.csv: lines 1 to 4, which step "
                        "'one' of session 1 wrote, were changed"));
  fs::remove(folder_ / "samples.csv");
  EXPECT_THAT(read_run(folder_).warnings.at(0), HasSubstr("samples.csv: is not there any more"));
  EXPECT_THROW(RunWriter(folder_, true), UsageError) << "what is damaged is not added to";
}

TEST_F(RunDirectoryTest, ASessionKeepsWhatAnEarlierOneSaid) {
  {
    RunWriter writer(folder_, false);
    writer.set("command", "probe");
    writer.set("hosts", {{{"host", "a"}, {"cpu_model", "Xeon"}, {"cores", 8}}});
    writer.put(row(1));
    writer.finish("complete");
  }
  {
    RunWriter writer(folder_, true);
    writer.set("command", "suite");
    writer.set("hosts", {{{"host", "b"}, {"cpu_model", "EPYC"}, {"cores", 64}}});
    writer.put(row(5));
    writer.finish("partial", "killed");
  }
  const RunData run = read_run(folder_);
  ASSERT_EQ(run.records.size(), 2u);
  EXPECT_EQ(run.records[0].session, 1);
  EXPECT_EQ(run.records[1].session, 2);
  EXPECT_EQ(run.run["command"], "probe");
  ASSERT_EQ(run.run["sessions"].size(), 2u);
  EXPECT_EQ(run.run["sessions"][0]["hosts"][0]["host"], "a");
  EXPECT_EQ(run.run["sessions"][0]["state"], "complete");
  EXPECT_EQ(run.run["sessions"][1]["command"], "suite");
  EXPECT_EQ(run.run["sessions"][1]["hosts"][0]["host"], "b");
  EXPECT_EQ(run.run["sessions"][1]["state"], "partial");
  EXPECT_EQ(run.run["state"], "partial");

  const std::vector<RunData> parts = split_sessions(run);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].records.size(), 1u);
  EXPECT_EQ(parts[1].records.at(0).median, 6);
  EXPECT_EQ(parts[1].run["hosts"][0]["host"], "b");
  EXPECT_THAT(parts[1].warnings.back(), HasSubstr("here session 2 on b (EPYC) by version"));
  EXPECT_THROW(require_one_machine(run), InputError);
}

/// A disturbed visit is measured again: its rows go, and nothing else.
void write_disturbed_visit(RunWriter& writer, const Record& disturbed, const Record& again) {
  writer.put(disturbed);
  writer.put(disturbed);
  writer.take_back_step();
  writer.put(again);
  writer.add_to_journal("visited");
}

std::vector<double> medians_of(const RunData& run) {
  std::vector<double> medians;
  for (const Record& row : run.records) medians.push_back(row.median);
  return medians;
}

TEST_F(RunDirectoryTest, ADisturbedVisitIsTakenBackAndTheChecksumsAgree) {
  {
    RunWriter writer(folder_, false);
    writer.begin_journal();
    write_disturbed_visit(writer, row(50), row(1));  // before any step was complete
    write_disturbed_visit(writer, row(60), row(5));
    writer.take_back_step();  // nothing was written: nothing goes
    writer.put(row(70));
    writer.take_back_step();
    writer.finish("complete");
  }
  const RunData run = read_run(folder_);
  EXPECT_EQ(medians_of(run), (std::vector<double>{2, 6}));
  EXPECT_EQ(run.warnings, std::vector<std::string>());
  EXPECT_EQ(count_lines(folder_ / "samples.csv"), 1u + 2 * 3);
}

TEST_F(RunDirectoryTest, WhatAKilledPredecessorWroteIsNotTakenBack) {
  {
    RunWriter killed(folder_, false);
    killed.begin_journal();
    killed.put(row(1));
    killed.add_to_journal("one");
    killed.put(row(5));  // of a step that it did not complete
  }
  {
    RunWriter writer(folder_, true);
    writer.begin_journal();
    write_disturbed_visit(writer, row(60), row(10));
    write_disturbed_visit(writer, row(70), row(20));
    writer.finish("complete");
  }
  const RunData run = read_run(folder_);
  EXPECT_EQ(medians_of(run), (std::vector<double>{2, 6, 11, 21}));
  EXPECT_EQ(run.records.at(1).session, 1);
  EXPECT_EQ(run.records.at(2).session, 2);
  EXPECT_EQ(run.warnings, std::vector<std::string>());
  EXPECT_EQ(count_lines(folder_ / "samples.csv"), 1u + 4 * 3);
}

TEST_F(RunDirectoryTest, AResumedRunTakesBackOnlyItsOwnVisit) {
  {
    RunWriter killed(folder_, false);
    killed.begin_journal();
    killed.put(row(1));
    killed.add_to_journal("one");
    killed.put(row(5));
  }
  {
    RunWriter writer(folder_, true);
    EXPECT_EQ(writer.resume_journal(), std::set<std::string>{"one"});
    write_disturbed_visit(writer, row(60), row(10));
    writer.finish("complete");
  }
  const RunData run = read_run(folder_);
  EXPECT_EQ(medians_of(run), (std::vector<double>{2, 11}));
  EXPECT_EQ(run.warnings, std::vector<std::string>());
}

TEST_F(RunDirectoryTest, TwoWritersAtOnceAreRefused) {
  const RunWriter first(folder_, false);
  const std::string before = text_of(folder_ / "run.json");
  try {
    const RunWriter second(folder_, true);
    FAIL() << "two writers in one directory";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("is being written by another assay"));
  }
  EXPECT_EQ(text_of(folder_ / "run.json"), before);
}

TEST_F(RunDirectoryTest, WhatIsNoRunIsNotAddedTo) {
  fs::create_directories(folder_);
  std::ofstream(folder_ / "thesis.tex") << "text";
  EXPECT_THROW(RunWriter(folder_, true), UsageError);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);

  write_two_steps(temporary_ / "run2", row(1), row(5));
  fs::remove(temporary_ / "run2/run.json");
  EXPECT_THROW(RunWriter(temporary_ / "run2", true), UsageError) << "rows of nobody knows what";
}

TEST_F(RunDirectoryTest, LinksInAReceivedDirectoryAreNotWrittenThrough) {
  const fs::path victim = temporary_ / "victim";
  std::ofstream(victim) << "precious";
  for (const char* name : {"measurements.csv", "samples.csv", "models.csv", "run.json"}) {
    const fs::path run = temporary_ / ("run-" + std::string(name));
    write_two_steps(run, row(1), row(5));
    fs::remove(run / name);
    fs::create_symlink(victim, run / name);
    EXPECT_ANY_THROW(RunWriter(run, true)) << name;
    EXPECT_EQ(text_of(victim), "precious") << name;
  }
}

TEST_F(RunDirectoryTest, AWriterThatWasKilledAtItsStartIsGoneOnWith) {
  fs::create_directories(folder_);
  std::ofstream(folder_ / ".run.json.0123456789abcdef") << "{";
  std::ofstream(folder_ / "measurements.csv") << "probe,met";
  {
    RunWriter writer(folder_, true);
    writer.put(row(1));
    writer.finish("complete");
  }
  EXPECT_EQ(read_run(folder_).records.size(), 1u);
  EXPECT_FALSE(fs::exists(folder_ / ".run.json.0123456789abcdef"));
}

TEST_F(RunDirectoryTest, SecretsAreMaskedAndOnlyTheOwnerReads) {
  RunWriter writer(folder_, false);
  writer.set("options", {{"command", "./train --password hunter2"}});
  Record failed = without_value(row(1), skipped("exit 1: TOKEN=hunter2 was refused"));
  writer.put(failed);
  EXPECT_EQ(text_of(folder_ / "run.json").find("hunter2"), std::string::npos);
  EXPECT_EQ(text_of(folder_ / "measurements.csv").find("hunter2"), std::string::npos);
  for (const char* name : {"run.json", "measurements.csv", "samples.csv"})
    EXPECT_EQ(fs::status(folder_ / name).permissions(), fs::perms(0600)) << name;
}

TEST_F(RunDirectoryTest, ANestedOrEndlessRunJsonIsRefused) {
  fs::create_directories(folder_);
  std::ofstream(folder_ / "run.json") << std::string(200'000, '[');
  try {
    (void)read_run(folder_);
    FAIL() << "200,000 brackets";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("is nested more than 64 levels deep (byte 64)"));
  }
}

TEST_F(RunDirectoryTest, AValueThatIsNoMeasurementIsWrittenAsIncorrect) {
  {
    RunWriter writer(folder_, false);
    Record endless = row(1);
    endless.ci_high = std::numeric_limits<double>::infinity();
    writer.put(endless);
    writer.finish("complete");
  }
  const RunData run = read_run(folder_);
  EXPECT_EQ(run.records.at(0).status, Status::incorrect);
  EXPECT_EQ(run.records.at(0).reason, "ci_high came out as inf, which no measurement is");
}

}  // namespace
}  // namespace assay
