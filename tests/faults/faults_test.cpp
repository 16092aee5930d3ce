/// Nothing lost: every call of libc that a command makes fails once. The end must be the same
/// output as without the failure, or another exit code with a reason and everything that was there
/// before still there.
///
/// A test tries a bounded number of calls (ASSAY_FAULTS_PER_CALL, default 60 of each function and
/// error, and twelve times as many of malloc, spread over all of them); by hand all of them:
/// ASSAY_FAULTS_PER_CALL=1000000.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>

#include "probes/run/run_directory.hpp"
#include "tests/faults/program_server.hpp"
#include "tests/temporary_folder.hpp"

namespace assay::test {
namespace {

namespace fs = std::filesystem;

constexpr std::array call_names{"read",   "pread",  "write",  "writev", "open",
                                "openat", "rename", "fsync",  "mmap",   "ftruncate",
                                "close",  "malloc", "thread", "fork"};

struct Fault {
  fault_call call;
  std::vector<int> actions;
};
const std::vector<Fault>& faults() {
  static const std::vector<Fault> list{{FAULT_READ, {EIO, EINTR, FAULT_SHORT}},
                                       {FAULT_PREAD, {EIO, EINTR, FAULT_SHORT}},
                                       {FAULT_WRITE, {EIO, ENOSPC, EINTR, FAULT_SHORT}},
                                       {FAULT_WRITEV, {EIO, ENOSPC}},
                                       {FAULT_OPEN, {EIO, EMFILE, EINTR}},
                                       {FAULT_OPENAT, {EIO, ENOSPC, EINTR}},
                                       {FAULT_RENAME, {EIO, ENOSPC}},
                                       {FAULT_FSYNC, {EIO, ENOSPC, EINTR}},
                                       {FAULT_MMAP, {ENOMEM}},
                                       {FAULT_FTRUNCATE, {EIO, EINTR}},
                                       {FAULT_CLOSE, {EIO, EINTR}},
                                       {FAULT_MALLOC, {ENOMEM}},
                                       {FAULT_THREAD, {EAGAIN}},
                                       {FAULT_FORK, {EAGAIN, ENOMEM}}};
  return list;
}

long most_per_call() {
  const char* const text = std::getenv("ASSAY_FAULTS_PER_CALL");
  return text == nullptr ? 60 : std::atol(text);
}

/// Every file below a folder with its text: to compare and to put back.
using Snapshot = std::map<std::string, std::string>;

Snapshot snapshot_of(const fs::path& folder) {
  Snapshot files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    files[entry.path().lexically_relative(folder).string()] = {std::istreambuf_iterator<char>(in),
                                                               {}};
  }
  files.erase("stdout");
  files.erase("stderr");
  return files;
}

void put_back(const fs::path& folder, const Snapshot& before) {
  for (const auto& [name, text] : snapshot_of(folder))
    if (before.count(name) == 0) fs::remove(folder / name);
  for (const auto& [name, text] : before) {
    std::ifstream in(folder / name, std::ios::binary);
    if (std::string(std::istreambuf_iterator<char>(in), {}) == text) continue;
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << text;
  }
}

/// A run of a few rows: the files matter here, not the numbers.
void write_run(const fs::path& folder, double rate) {
  RunWriter writer(folder, false);
  writer.set("options", {{"bytes", "4MiB"}});
  writer.set("hosts", {{{"host", "n1"}, {"cpu_model", "Xeon"}, {"cores", 4}}});
  writer.begin_journal();
  for (int launch = 1; launch <= 3; ++launch)
    for (const int ranks : {1, 2, 4}) {
      Record row;
      row.probe = "workload.synthetic";
      row.metric = "step_time";
      row.unit = "s";
      row.host = "n1";
      row.nodes = 1;
      row.ranks = ranks;
      row.scaling = "strong";
      row.launch = std::to_string(launch);
      std::vector<double> values;
      for (int i = 0; i < 3; ++i) values.push_back(rate / ranks * (1 + 1e-3 * (launch + i)));
      writer.put(with_samples(row, values));
    }
  writer.add_to_journal("all");
  writer.finish("complete");
}

struct Tally {
  long tried = 0, same = 0, refused = 0;
};

class Faults : public testing::Test {
 protected:
  void SetUp() override {
    write_run(folder_ / "run", 1.0);
    write_run(folder_ / "other", 1.1);
  }

  /// One failure, and what is left of the folder after it.
  void try_fault(ProgramServer& server, const Fault& fault, long at, int action,
                 const Snapshot& before, const Snapshot& after, const FaultRun& whole) {
    const FaultRun run = server.run(fault.call, at, action);
    const std::string what = std::string(call_names[fault.call]) + " " + std::to_string(at) +
                             " error " + std::to_string(action);
    if (!run.fired) return;
    ++tally_.tried;
    const Snapshot now = snapshot_of(folder_);
    EXPECT_FALSE(run.timed_out) << what;
    ASSERT_EQ(run.signal, 0) << what << ": " << run.errors;
    if (run.exit_status == whole.exit_status) {
      ++tally_.same;
      EXPECT_EQ(run.output, whole.output) << what;
      EXPECT_EQ(now.size(), after.size()) << what;
      for (const auto& [name, text] : after) {
        const auto found = now.find(name);
        ASSERT_TRUE(found != now.end()) << what << ": " << name << " is missing";
        EXPECT_TRUE(found->second == text) << what << ": " << name << " differs";
      }
    } else {
      ++tally_.refused;
      EXPECT_NE(run.errors.find_first_not_of(" \n"), std::string::npos) << what << ": no reason";
      for (const auto& [name, text] : now) {
        const auto old = before.find(name), made = after.find(name);
        const bool is_old = old != before.end() && text == old->second;
        const bool is_new = made != after.end() && text == made->second;
        EXPECT_TRUE(is_old || is_new) << what << ": " << name << " is neither old nor new";
      }
      for (const auto& [name, text] : before)
        EXPECT_EQ(now.count(name), 1u) << what << ": " << name << " is lost";
    }
    put_back(folder_, before);
  }

  /// Every call of `arguments` fails once (or as many as are affordable, spread evenly).
  void fail_every_call(const std::vector<std::string>& arguments) {
    ProgramServer server(arguments, folder_);
    const Snapshot before = snapshot_of(folder_);
    const FaultRun whole = server.run();
    if (whole.exit_status < 0) GTEST_SKIP() << "the program cannot be run with a preloaded library";
    ASSERT_LE(whole.exit_status, 3) << whole.errors;
    const Snapshot after = snapshot_of(folder_);
    put_back(folder_, before);
    for (const Fault& fault : faults()) {
      const long count = whole.counts[fault.call];
      const long tries = std::min(count, most_per_call() * (fault.call == FAULT_MALLOC ? 12 : 1));
      for (const int action : fault.actions)
        for (long i = 0; i < tries && !HasFatalFailure(); ++i)
          try_fault(server, fault, 1 + i * count / tries, action, before, after, whole);
    }
    std::printf("%s: %ld failing calls: %ld ends with the same output, %ld with a reason\n",
                arguments.front().c_str(), tally_.tried, tally_.same, tally_.refused);
    EXPECT_GT(tally_.tried, 20);
  }

  Tally tally_;
  TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path();
};

TEST_F(Faults, ReportLosesNothing) {
  std::ofstream(folder_ / "page.html") << "the old page";
  fail_every_call({"report", "run", "--output", "page.html", "--markdown", "page.md"});
}

TEST_F(Faults, ReportIntoTheRunLosesNothing) {
  fail_every_call({"report", "run"});
}

TEST_F(Faults, PlanLosesNothing) {
  std::ofstream(folder_ / "job.toml") << "node-price = 2.0\n";
  fail_every_call({"plan", "crossover", "--work", "1000", "--up-speed", "6", "--up-price", "18",
                   "--tax", "0.04", "--job", "job.toml"});
}

TEST_F(Faults, CompareLosesNothing) {
  fail_every_call({"compare", "run", "other", "--output", "gate"});
}

/// Rows that stand in the file before the kill still stand there, `report` reads what is left, and
/// the study can be gone on with to the same rows.
class CrashPoints : public testing::Test {
 protected:
  static std::vector<std::string> study(const std::string& more = "") {
    std::vector<std::string> words = {"suite",
                                      "synthetic",
                                      "--ranks",
                                      "1",
                                      "--launches",
                                      "2",
                                      "--bytes",
                                      "0B",
                                      "--serial-seconds",
                                      "0",
                                      "--parallel-seconds",
                                      "1ms",
                                      "--steps",
                                      "2",
                                      "--no-progress",
                                      "--output",
                                      "killed"};
    if (!more.empty()) words.push_back(more);
    return words;
  }
  static std::vector<std::string> keys_of(const fs::path& run) {
    std::vector<std::string> keys;
    for (const Record& row : read_run(run).records)
      keys.push_back(row.metric.str() + " " + std::to_string(row.ranks) + " " + row.launch.str());
    return keys;
  }
  TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path();
};

TEST_F(CrashPoints, AStudyKilledAtAWriteOrRenameIsResumedWhole) {
  ProgramServer server(study(), folder_), resumer(study("--resume"), folder_);
  const FaultRun whole = server.run();
  if (whole.exit_status < 0) GTEST_SKIP() << "the program cannot be run with a preloaded library";
  ASSERT_EQ(whole.exit_status, 0) << whole.errors;
  const std::vector<std::string> keys = keys_of(folder_ / "killed");
  const char* const text = std::getenv("ASSAY_CRASH_POINTS");
  const long points = text == nullptr ? 6 : std::atol(text);
  for (const fault_call call : {FAULT_WRITE, FAULT_RENAME, FAULT_FSYNC}) {
    const long count = whole.counts[call];
    ASSERT_GT(count, 0) << call_names[call];
    const long tries = std::min(count, points);
    for (long i = 0; i < tries; ++i) {
      fs::remove_all(folder_ / "killed");
      const long at = 1 + i * count / tries;
      SCOPED_TRACE(std::string("killed at ") + call_names[call] + " " + std::to_string(at));
      (void)server.run(call, at, FAULT_KILL);
      const fs::path run = folder_ / "killed";
      if (fs::exists(run / "run.json") && fs::exists(run / "measurements.csv")) {
        EXPECT_NO_THROW((void)read_run(run));
      }
      const FaultRun resumed = resumer.run();
      ASSERT_EQ(resumed.exit_status, 0) << resumed.errors;
      EXPECT_EQ(keys_of(run), keys);
      EXPECT_EQ(read_run(run).warnings, std::vector<std::string>());
    }
  }
}

}  // namespace
}  // namespace assay::test
