/// Nothing lost: every call of libc that a command makes fails once. The end must be the same
/// output as without the failure, or another exit code with a reason and everything that was there
/// before still there.
///
/// A test tries a bounded number of calls, spread evenly over all of them. By hand all:
/// ASSAY_FAULTS=all, and ASSAY_FAULTS_SEED=N for others than the usual ones.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <random>

#include "probes/run/journal.hpp"
#include "probes/run/run_directory.hpp"
#include "tests/faults/program_server.hpp"
#include "tests/temporary_folder.hpp"

namespace assay::test {
namespace {

namespace fs = std::filesystem;

constexpr std::array call_names{"read",   "pread",  "write",  "writev", "open",
                                "openat", "rename", "fsync",  "mmap",   "ftruncate",
                                "close",  "malloc", "thread", "fork"};

/// One call that fails once.
struct Fault {
  fault_call call;
  int action;
  long at;
};

std::vector<int> actions_of(int call) {
  switch (call) {
    case FAULT_READ:
    case FAULT_PREAD:
      return {EIO, EINTR, FAULT_SHORT};
    case FAULT_WRITE:
      return {EIO, ENOSPC, EINTR, FAULT_SHORT};
    case FAULT_OPEN:
      return {EIO, EMFILE, EINTR};
    case FAULT_OPENAT:
    case FAULT_FSYNC:
      return {EIO, ENOSPC, EINTR};
    case FAULT_WRITEV:
    case FAULT_RENAME:
      return {EIO, ENOSPC};
    case FAULT_FTRUNCATE:
    case FAULT_CLOSE:
      return {EIO, EINTR};
    case FAULT_THREAD:
      return {EAGAIN};
    case FAULT_FORK:
      return {EAGAIN, ENOMEM};
    default:
      return {ENOMEM};
  }
}

/// `most` of them, evenly spread from where the seed says.
std::vector<Fault> spread(const std::vector<Fault>& all, std::size_t most) {
  if (all.size() <= most) return all;
  const char* const text = std::getenv("ASSAY_FAULTS_SEED");
  std::mt19937 engine(text == nullptr ? 1 : static_cast<unsigned>(std::atol(text)));
  const double stride = static_cast<double>(all.size()) / static_cast<double>(most);
  const double begin = std::uniform_real_distribution<double>(0, stride)(engine);
  std::vector<Fault> some;
  for (std::size_t i = 0; i < most; ++i) {
    const auto at = static_cast<std::size_t>(begin + stride * static_cast<double>(i));
    some.push_back(all[std::min(at, all.size() - 1)]);
  }
  return some;
}

/// Those to try of a run that made so many calls: of system calls at least half of `most`, of
/// allocations, of which there are many more, the rest.
std::vector<Fault> faults_of(const FaultRun& run, std::size_t most) {
  std::vector<Fault> calls, allocations;
  for (int call = 0; call < FAULT_CALLS; ++call)
    for (const int action : actions_of(call))
      for (long at = 1; at <= run.counts[static_cast<std::size_t>(call)]; ++at)
        (call == FAULT_MALLOC ? allocations : calls)
            .push_back({static_cast<fault_call>(call), action, at});
  const char* const text = std::getenv("ASSAY_FAULTS");
  if (text != nullptr)
    most = std::string_view(text) == "all" ? std::numeric_limits<std::size_t>::max()
                                           : static_cast<std::size_t>(std::atol(text));
  const std::size_t of_allocations = std::min(allocations.size(), most / 2);
  std::vector<Fault> some = spread(calls, most - of_allocations);
  const std::vector<Fault> more = spread(allocations, most - some.size());
  some.insert(some.end(), more.begin(), more.end());
  return some;
}

std::string text_of(const Fault& fault) {
  const std::string action = fault.action == FAULT_SHORT  ? "a short count"
                             : fault.action == FAULT_KILL ? "SIGKILL"
                                                          : "errno " + std::to_string(fault.action);
  return std::string(call_names[fault.call]) + " number " + std::to_string(fault.at) + ": " +
         action;
}

/// Every file below a folder with its text: to compare and to put back.
using Snapshot = std::map<std::string, std::string>;

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Snapshot snapshot_of(const fs::path& folder) {
  Snapshot files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[entry.path().lexically_relative(folder).string()] = text_of(entry.path());
  files.erase("stdout");
  files.erase("stderr");
  return files;
}

/// "2026-01-31T12:00:00Z" becomes nothing: what a verdict writes also says when.
std::string without_times(const std::string& text) {
  constexpr std::size_t length = 20;
  std::string rest;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool is_time = text.compare(at, 2, "20") == 0 && at + length <= text.size() &&
                         text[at + 10] == 'T' && text[at + length - 1] == 'Z';
    if (is_time)
      at += length - 1;
    else
      rest += text[at];
  }
  return rest;
}

bool is_same_file(const std::string& name, const std::string& one, const std::string& other) {
  if (name.starts_with("gate/")) return without_times(one) == without_times(other);
  return one == other;
}

void put_back(const fs::path& folder, const Snapshot& before) {
  for (const auto& [name, text] : snapshot_of(folder))
    if (before.count(name) == 0) fs::remove(folder / name);
  for (const auto& [name, text] : before) {
    if (text_of(folder / name) == text) continue;
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

/// What was tried, and how it ended; printed, so that the numbers of a long search can be told.
struct Tally {
  long tried = 0, same = 0, refused = 0;
  void print(const std::string& command) const {
    std::printf("%s: %ld failing calls: %ld ends with the same result, %ld with a reason\n",
                command.c_str(), tried, same, refused);
  }
};

class Faults : public testing::Test {
 protected:
  void SetUp() override {
    write_run(folder_ / "run", 1.0);
    write_run(folder_ / "other", 1.1);
    write("page.html", "the old page");
    write("job.toml", "node-price = 2.0\n");
    write("prices.csv",
          "name,price_per_hour,currency,as_of,relative_speed\nsmall,1.5,USD,2026-01-31,1\n");
    write("osu.txt",
          "# OSU MPI Latency Test v7.3\n# Size       Latency(us)\n1    1.52\n1024   1.71\n");
  }
  void write(const char* name, const char* text) const { std::ofstream(folder_ / name) << text; }

  /// One failure, and what is left of the folder after it.
  void try_fault(ProgramServer& server, const Fault& fault, const Snapshot& before,
                 const Snapshot& after, const FaultRun& whole) {
    SCOPED_TRACE(text_of(fault));
    const FaultRun run = server.run(fault.call, fault.at, fault.action);
    // What threads do may come in another order, and fewer calls be made.
    if (!run.fired) return;
    ++tally_.tried;
    const Snapshot now = snapshot_of(folder_);
    EXPECT_FALSE(run.timed_out);
    ASSERT_EQ(run.signal, 0) << run.errors;
    if (run.exit_status == whole.exit_status) {
      ++tally_.same;
      EXPECT_EQ(run.output, whole.output);
      EXPECT_EQ(now.size(), after.size());
      for (const auto& [name, text] : after) {
        const auto found = now.find(name);
        ASSERT_TRUE(found != now.end()) << name << " is missing";
        EXPECT_TRUE(is_same_file(name, found->second, text)) << name << " differs";
      }
    } else {
      ++tally_.refused;
      EXPECT_NE(run.errors.find_first_not_of(" \n"), std::string::npos) << "no reason";
      for (const auto& [name, text] : now) {
        const auto old = before.find(name), made = after.find(name);
        const bool is_old = old != before.end() && text == old->second;
        const bool is_new = made != after.end() && is_same_file(name, text, made->second);
        EXPECT_TRUE(is_old || is_new) << name << " is neither old nor new";
      }
      for (const auto& [name, text] : before) EXPECT_EQ(now.count(name), 1u) << name << " is lost";
    }
    put_back(folder_, before);
  }

  /// `most` calls of `arguments` fail, each once.
  void fail_calls(const std::vector<std::string>& arguments, std::size_t most) {
    ProgramServer server(arguments, folder_);
    const Snapshot before = snapshot_of(folder_);
    const FaultRun whole = server.run();
    if (whole.exit_status < 0) GTEST_SKIP() << "the program cannot be run with a preloaded library";
    ASSERT_LE(whole.exit_status, 3) << whole.errors;
    const Snapshot after = snapshot_of(folder_);
    put_back(folder_, before);
    for (const Fault& fault : faults_of(whole, most)) {
      try_fault(server, fault, before, after, whole);
      if (HasFatalFailure()) break;
    }
    tally_.print(arguments.front() + " " + arguments.at(1));
    EXPECT_GE(tally_.tried, 8);
  }

  Tally tally_;
  TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path();
};

TEST_F(Faults, ReportLosesNothing) {
  fail_calls({"report", "run", "--output", "page.html", "--markdown", "page.md"}, 300);
}

TEST_F(Faults, ReportIntoTheRunLosesNothing) {
  fail_calls({"report", "run"}, 80);
}

TEST_F(Faults, ReportOfALogLosesNothing) {
  fail_calls({"report", "osu.txt", "--output", "page.html", "--redact"}, 100);
}

TEST_F(Faults, PlanCrossoverLosesNothing) {
  fail_calls({"plan", "crossover", "--work", "1000", "--up-speed", "6", "--up-price", "18", "--tax",
              "0.04", "--job", "job.toml"},
             1500);
}

TEST_F(Faults, PlanGridLosesNothing) {
  fail_calls({"plan", "grid", "--sizes", "1,2,4", "--node-rate", "3", "--job", "job.toml", "--tax",
              "0.04"},
             1500);
}

TEST_F(Faults, PlanTailLosesNothing) {
  fail_calls({"plan", "tail", "run"}, 300);
}

TEST_F(Faults, PlanBuyLosesNothing) {
  fail_calls({"plan", "buy", "run", "--prices", "prices.csv", "--steps", "1000"}, 150);
}

TEST_F(Faults, CompareLosesNothing) {
  fail_calls({"compare", "run", "other", "--output", "gate"}, 100);
}

TEST_F(Faults, GateLosesNothing) {
  fail_calls({"gate", "--base", "echo t 1.5", "--head", "echo t 1.5", "--metric", "t ([0-9.]+)",
              "--screen-pairs", "5", "--confirm-pairs", "7", "--warm-up", "1", "--no-progress",
              "--output", "gate"},
             16);
}

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
    const std::vector<JournalStep> journal = read_journal(run.run, study_ / "run.json");
    const std::string text = text_of(study_ / "measurements.csv");
    return journal.empty() ? "" : text.substr(0, journal.back().measurements.bytes);
  }

  void try_fault(ProgramServer& server, const Fault& fault) {
    SCOPED_TRACE(text_of(fault));
    const FaultRun run = server.run(fault.call, fault.at, fault.action, hanging_ms);
    if (!run.fired) return;
    ++tally_.tried;
    EXPECT_FALSE(run.timed_out);
    if (fault.action != FAULT_KILL) {
      ASSERT_EQ(run.signal, 0) << run.errors;
      if (run.exit_status == 0) {
        ++tally_.same;
        EXPECT_EQ(keys_of(study_), keys_);
        EXPECT_EQ(read_run(study_).warnings, std::vector<std::string>());
        return;
      }
      EXPECT_NE(run.errors.find_first_not_of(" \n"), std::string::npos) << "no reason";
    }
    ++tally_.refused;
    const std::string kept = complete_steps();
    const FaultRun resumed = resumer_->run(-1, 0, 0, hanging_ms);
    ASSERT_EQ(resumed.exit_status, 0) << run.errors << resumed.errors;
    EXPECT_EQ(keys_of(study_), keys_);
    EXPECT_EQ(read_run(study_).warnings, std::vector<std::string>());
    EXPECT_EQ(text_of(study_ / "measurements.csv").substr(0, kept.size()), kept);
  }

  /// @param prepare_again makes the folder what the command of `server` expects
  void try_all(ProgramServer& server, const std::vector<Fault>& faults, const std::string& name) {
    for (const Fault& fault : faults) {
      fs::remove_all(study_);
      if (!before_.empty()) put_back(folder_, before_);
      try_fault(server, fault);
      if (HasFatalFailure()) break;
    }
    tally_.print(name);
    EXPECT_GE(tally_.tried, 1);
  }

  static std::vector<std::string> synthetic() {
    return {"suite",   "synthetic", "--ranks",          "1", "--launches",         "2",
            "--bytes", "0B",        "--serial-seconds", "0", "--parallel-seconds", "1ms",
            "--steps", "2"};
  }

  static constexpr int hanging_ms = 60'000;
  TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path();
  fs::path study_ = folder_ / "study";
  std::unique_ptr<ProgramServer> server_, resumer_;
  FaultRun whole_;
  std::vector<std::string> keys_;
  Snapshot before_;
  Tally tally_;
};

TEST_F(FaultsOfStudies, AProbeLosesNothing) {
  prepare({"probe", "counters.selftest"});
  if (!IsSkipped() && !HasFatalFailure()) try_all(*server_, faults_of(whole_, 3), "probe");
}

TEST_F(FaultsOfStudies, ASuiteLosesNothing) {
  prepare(synthetic());
  if (!IsSkipped() && !HasFatalFailure()) try_all(*server_, faults_of(whole_, 3), "suite");
}

TEST_F(FaultsOfStudies, AResumeLosesNothing) {
  prepare(synthetic());
  if (IsSkipped() || HasFatalFailure()) return;
  // Half a study: what a kill in its middle leaves.
  fs::remove_all(study_);
  (void)server_->run(FAULT_FSYNC, whole_.counts[FAULT_FSYNC] / 2, FAULT_KILL, hanging_ms);
  before_ = snapshot_of(folder_);
  const FaultRun whole = resumer_->run(-1, 0, 0, hanging_ms);
  ASSERT_EQ(whole.exit_status, 0) << whole.errors;
  try_all(*resumer_, faults_of(whole, 3), "suite --resume");
}

TEST_F(FaultsOfStudies, AStudyKilledAtAWriteOrRenameIsResumedWhole) {
  prepare(synthetic());
  if (IsSkipped() || HasFatalFailure()) return;
  std::vector<Fault> kills;
  const char* const text = std::getenv("ASSAY_FAULTS");
  for (const fault_call call : {FAULT_WRITE, FAULT_RENAME, FAULT_FSYNC, FAULT_FTRUNCATE}) {
    std::vector<Fault> of_call;
    for (long at = 1; at <= whole_.counts[call]; ++at) of_call.push_back({call, FAULT_KILL, at});
    for (const Fault& kill : spread(of_call, text == nullptr ? 1 : of_call.size()))
      kills.push_back(kill);
  }
  try_all(*server_, kills, "suite, killed");
}

}  // namespace
}  // namespace assay::test
