#include "probes/run/run_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "probes/core/errors.hpp"
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

}  // namespace
}  // namespace assay
