#include "probes/run/round_rows.hpp"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "probes/run/run_directory.hpp"
#include "tests/temporary_folder.hpp"

namespace assay {
namespace {

Record row(std::int64_t bytes, double value) {
  Record key;
  key.probe = "memory.bandwidth";
  key.metric = "rate";
  key.unit = unit::bytes_per_second;
  key.bytes = bytes;
  return with_samples(key, std::vector<double>{value});
}

class RoundRowsTest : public testing::Test {
 protected:
  /// A session of two rounds of one point each of which is a step.
  void run(bool append, std::int64_t bytes) {
    RunWriter writer(directory_, append);
    writer.begin_journal();
    for (int round = 1; round <= 2; ++round) {
      writer.put(row(bytes, 10.0 * round));
      writer.add_to_journal("memory.bandwidth round=" + std::to_string(round));
    }
    writer.finish("complete");
  }
  test::TemporaryFolder temporary_;
  std::filesystem::path directory_ = temporary_.path() / "run";
};

TEST_F(RoundRowsTest, TakeThePlaceOfTheRowsOfSingleRounds) {
  run(false, 64);
  EXPECT_EQ(read_run(directory_).records.size(), 2u);
  Record together = row(64, 15);
  together.rounds = 2;
  together.between_spread = 0.49;
  replace_round_rows(directory_, std::array{together}, 1, Readers::owner_only);
  const RunData data = read_run(directory_);
  ASSERT_EQ(data.records.size(), 1u);
  EXPECT_EQ(data.records[0].median, 15);
  EXPECT_EQ(data.records[0].rounds, 2);
  EXPECT_EQ(data.records[0].between_spread, 0.49);
  EXPECT_EQ(data.records[0].session, 1);
  EXPECT_TRUE(data.warnings.empty()) << "the journal agrees with the file: " << data.warnings[0];
}

/// A kill before or after the new rows take their place: either way the journal agrees with them.
TEST_F(RoundRowsTest, AKillBetweenTheTwoFilesLosesNothing) {
  run(false, 64);
  const auto text_of = [&](const char* name) {
    std::ifstream in(directory_ / name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const std::string old_rows = text_of("measurements.csv");
  nlohmann::json between = read_run_json(directory_);
  replace_round_rows(directory_, std::array{row(64, 15)}, 1, Readers::owner_only);
  const std::string new_rows = text_of("measurements.csv");
  const nlohmann::json after = read_run_json(directory_);
  EXPECT_FALSE(after["journal"].contains("replacing"));
  between["journal"]["replacing"] = after["journal"]["steps"];
  std::ofstream(directory_ / "run.json") << between.dump();
  EXPECT_EQ(read_run(directory_).records.size(), 1u);
  EXPECT_EQ(read_run(directory_).warnings, std::vector<std::string>());
  std::ofstream(directory_ / "measurements.csv") << old_rows;
  EXPECT_EQ(read_run(directory_).records.size(), 2u);
  EXPECT_EQ(read_run(directory_).warnings, std::vector<std::string>());
  { const RunWriter writer(directory_, true); }  // may be added to
  EXPECT_FALSE(read_run_json(directory_)["journal"].contains("replacing"));
}

TEST_F(RoundRowsTest, LeaveWhatEarlierSessionsWrote) {
  run(false, 64);
  replace_round_rows(directory_, std::array{row(64, 15)}, 1, Readers::owner_only);
  run(true, 128);
  replace_round_rows(directory_, std::array{row(128, 16), row(256, 17)}, 2, Readers::owner_only);
  const RunData data = read_run(directory_);
  ASSERT_EQ(data.records.size(), 3u);
  EXPECT_EQ(data.records[0].bytes, 64);
  EXPECT_EQ(data.records[0].session, 1);
  EXPECT_EQ(data.records[1].bytes, 128);
  EXPECT_EQ(data.records[2].session, 2);
  EXPECT_TRUE(data.warnings.empty()) << data.warnings[0];
}

TEST_F(RoundRowsTest, AResumedRunKnowsItsStepsAfterwards) {
  run(false, 64);
  replace_round_rows(directory_, std::array{row(64, 15)}, 1, Readers::owner_only);
  RunWriter writer(directory_, true);
  EXPECT_EQ(writer.resume_journal(),
            (std::set<std::string>{"memory.bandwidth round=1", "memory.bandwidth round=2"}));
  EXPECT_EQ(read_run(directory_).records.size(), 1u);
}

/// A step that broke off: its rows are kept and counted, and go when it is measured again.
TEST_F(RoundRowsTest, RowsOfAStepThatDidNotCompleteStandBehindTheOthersAndGoOnAResume) {
  {
    RunWriter writer(directory_, false);
    writer.put(row(64, 10));
    writer.add_to_journal("one");
    writer.put(row(128, 20));
    writer.finish("partial", "a rank is gone", std::array{row(64, 10), row(128, 20)}, 1);
  }
  const RunData partial = read_run(directory_);
  EXPECT_EQ(partial.records.size(), 2u);
  EXPECT_EQ(partial.run["state"], "partial");
  EXPECT_EQ(partial.run["sessions"][0]["state_reason"], "a rank is gone");
  EXPECT_EQ(partial.warnings.size(), 1u) << "that it did not complete";
  RunWriter writer(directory_, true);
  EXPECT_EQ(writer.resume_journal(), std::set<std::string>{"one"});
  const RunData resumed = read_run(directory_);
  ASSERT_EQ(resumed.records.size(), 1u);
  EXPECT_EQ(resumed.records[0].bytes, 64);
}

}  // namespace
}  // namespace assay
