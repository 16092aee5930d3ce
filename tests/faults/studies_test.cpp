/// Nothing that was measured is lost: every call of libc that a measuring command makes fails once,
/// or is its last. What is tried: fault_list.hpp.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "probes/run/journal.hpp"
#include "probes/run/run_directory.hpp"
#include "tests/faults/fault_list.hpp"
#include "tests/faults/program_server.hpp"
#include "tests/faults/snapshot.hpp"
#include "tests/temporary_folder.hpp"

namespace assay::test {
namespace {

namespace fs = std::filesystem;

/// Rows that stand in the file before a failure or a kill still stand there, `report` reads what is
/// left, and the study can be gone on with to the same rows.
class FaultsOfStudies : public testing::Test {
 protected:
  void prepare(std::vector<std::string> arguments) {
    for (const char* word :
         {"--no-progress", "--profile", "quick", "--rounds", "1", "--output", "study"})
      arguments.emplace_back(word);
    server_ = std::make_unique<ProgramServer>(arguments, folder_);
    arguments.emplace_back("--resume");
    resumer_ = std::make_unique<ProgramServer>(arguments, folder_);
    reporter_ = std::make_unique<ProgramServer>(
        std::vector<std::string>{"report", "study", "--output", "page.html"}, folder_);
    whole_ = server_->run(-1, 0, 0, hanging_ms);
    if (whole_.exit_status < 0)
      GTEST_SKIP() << "the program cannot be run with a preloaded library";
    ASSERT_EQ(whole_.exit_status, 0) << whole_.errors;
    keys_ = keys_of(study_);
  }

  static std::vector<std::string> keys_of(const fs::path& run) {
    std::vector<std::string> keys;
    for (const Record& row : read_run(run).records)
      keys.push_back(row.probe.str() + " " + row.metric.str() + " " + std::to_string(row.ranks) +
                     " " + row.launch.str() + " " + row.operation.str());
    return keys;
  }

  /// What complete steps have written; empty where no step is complete, or nothing is there.
  [[nodiscard]] std::string complete_steps() const {
    if (!fs::exists(study_ / "run.json")) return "";
    const RunData run = read_run(study_);
    const std::string text = text_of(study_ / "measurements.csv");
    std::uint64_t bytes = 0;
    for (const JournalStep& step : read_journal(run.run, study_ / "run.json"))
      if (!step.step.empty()) bytes = step.measurements.bytes;
    return text.substr(0, bytes);
  }

  /// False when the run made fewer calls.
  bool try_fault(ProgramServer& server, const Fault& fault) {
    SCOPED_TRACE(text_of(fault));
    const FaultRun run = server.run(fault.call, fault.at, fault.action, hanging_ms);
    if (!run.fired) return false;
    ++tally_.tried;
    EXPECT_FALSE(run.timed_out) << "hangs";
    if (fault.action != FAULT_KILL) {
      EXPECT_EQ(run.signal, 0) << run.errors;
      if (run.exit_status == 0) {
        ++tally_.same;
        EXPECT_EQ(keys_of(study_), keys_);
        EXPECT_EQ(read_run(study_).warnings, std::vector<std::string>());
        return true;
      }
      EXPECT_NE(run.errors.find_first_not_of(" \n"), std::string::npos) << "no reason";
    }
    ++tally_.refused;
    const std::string kept = complete_steps();
    if (fault.action == FAULT_KILL && !kept.empty()) {
      const FaultRun reported = reporter_->run(-1, 0, 0, hanging_ms);
      EXPECT_LE(reported.exit_status, 3) << reported.errors;
      EXPECT_GE(reported.exit_status, 0) << reported.errors;
    }
    const FaultRun resumed = resumer_->run(-1, 0, 0, hanging_ms);
    EXPECT_EQ(resumed.exit_status, 0) << run.errors << resumed.errors;
    if (resumed.exit_status != 0) return true;
    EXPECT_EQ(keys_of(study_), keys_);
    EXPECT_EQ(read_run(study_).warnings, std::vector<std::string>());
    const std::string rows = text_of(study_ / "measurements.csv");
    EXPECT_TRUE(rows.starts_with(kept)) << "what complete steps wrote:\n"
                                        << kept << "now:\n"
                                        << rows;
    return true;
  }

  /// @param before_ makes the folder what the command of `server` expects
  void try_all(ProgramServer& server, const std::vector<Fault>& faults, const std::string& name) {
    for (Fault fault : faults) {
      for (bool is_tried = false; !is_tried && fault.at > 0; fault.at /= 2) {
        fs::remove_all(study_);
        if (!before_.empty()) put_back(folder_, before_, snapshot_of(folder_));
        // The whole run may have been disturbed, and have made more calls than this one.
        is_tried = try_fault(server, fault) || tries_all();
      }
      if (failures() > 20) break;
    }
    tally_.print(name, whole_);
    EXPECT_GE(tally_.tried, tries_all() ? 0 : 1);
  }

  static std::vector<std::string> synthetic() {
    return {"suite",   "synthetic", "--ranks",          "1", "--launches",         "2",
            "--bytes", "0B",        "--serial-seconds", "0", "--parallel-seconds", "1ms",
            "--steps", "2"};
  }

  FaultRun half_a_study();

  static constexpr int hanging_ms = 60'000;
  TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path();
  fs::path study_ = folder_ / "study";
  std::unique_ptr<ProgramServer> server_, resumer_, reporter_;
  FaultRun whole_;
  std::vector<std::string> keys_;
  Snapshot before_;
  Tally tally_;
};

TEST_F(FaultsOfStudies, AProbeLosesNothing) {
  prepare({"probe", "counters.selftest"});
  if (!IsSkipped() && !HasFatalFailure()) try_all(*server_, faults_of(whole_, 2), "probe");
}

TEST_F(FaultsOfStudies, ASuiteLosesNothing) {
  prepare(synthetic());
  if (!IsSkipped() && !HasFatalFailure()) try_all(*server_, faults_of(whole_, 2), "suite");
}

/// Half a study: what a kill in its middle leaves.
FaultRun FaultsOfStudies::half_a_study() {
  fs::remove_all(study_);
  (void)server_->run(FAULT_FSYNC, whole_.counts[FAULT_FSYNC] / 2, FAULT_KILL, hanging_ms);
  before_ = snapshot_of(folder_);
  return resumer_->run(-1, 0, 0, hanging_ms);
}

TEST_F(FaultsOfStudies, AResumeLosesNothing) {
  prepare(synthetic());
  if (IsSkipped() || HasFatalFailure()) return;
  const FaultRun whole = half_a_study();
  ASSERT_EQ(whole.exit_status, 0) << whole.errors;
  try_all(*resumer_, faults_of(whole, 2), "suite --resume");
}

constexpr std::array crash_points{FAULT_WRITE, FAULT_RENAME, FAULT_FTRUNCATE};

TEST_F(FaultsOfStudies, AStudyKilledAtAWriteOrRenameIsResumedWhole) {
  prepare(synthetic());
  if (IsSkipped() || HasFatalFailure()) return;
  try_all(*server_, kills_of(whole_, {crash_points.begin(), crash_points.end()}, 1),
          "suite, killed");
}

TEST_F(FaultsOfStudies, AResumeKilledAtAWriteOrRenameIsResumedWhole) {
  prepare(synthetic());
  if (IsSkipped() || HasFatalFailure()) return;
  const FaultRun whole = half_a_study();
  ASSERT_EQ(whole.exit_status, 0) << whole.errors;
  try_all(*resumer_, kills_of(whole, {crash_points.begin(), crash_points.end()}, 1),
          "suite --resume, killed");
}

}  // namespace
}  // namespace assay::test
