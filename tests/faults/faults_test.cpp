/// Nothing lost: every call of libc that a command makes fails once. The end must be the same
/// output as without the failure, or another exit code with a reason and everything that was there
/// before still there. What is tried: fault_list.hpp.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "probes/run/run_directory.hpp"
#include "tests/faults/fault_list.hpp"
#include "tests/faults/program_server.hpp"
#include "tests/faults/snapshot.hpp"
#include "tests/temporary_folder.hpp"

namespace assay::test {
namespace {

namespace fs = std::filesystem;

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

  /// What was there before is still there: as it was, or as the command makes it.
  static void expect_old_or_new(const Snapshot& now, const Snapshot& before,
                                const Snapshot& after) {
    for (const auto& [name, text] : now) {
      const auto old = before.find(name), made = after.find(name);
      const bool is_old = old != before.end() && text == old->second;
      const bool is_new = made != after.end() && is_same_file(name, text, made->second);
      EXPECT_TRUE(is_old || is_new) << name << " is neither old nor new";
    }
    for (const auto& [name, text] : before) EXPECT_EQ(now.count(name), 1u) << name << " is lost";
  }

  static void expect_same(const Snapshot& now, const Snapshot& after) {
    EXPECT_EQ(now.size(), after.size());
    for (const auto& [name, text] : after) {
      const auto found = now.find(name);
      EXPECT_TRUE(found != now.end() && is_same_file(name, found->second, text))
          << name << " is missing or differs";
    }
  }

  /// One failure, and what is left of the folder after it.
  void try_fault(ProgramServer& server, const Fault& fault, const Snapshot& before,
                 const Snapshot& after, const FaultRun& whole) {
    SCOPED_TRACE(text_of(fault));
    const FaultRun run = server.run(fault.call, fault.at, fault.action);
    // What threads do may come in another order, and fewer calls be made.
    if (!run.fired) return;
    ++tally_.tried;
    Snapshot now = snapshot_of(folder_);
    const Snapshot left = now;
    EXPECT_FALSE(run.timed_out) << "hangs";
    if (fault.action == FAULT_KILL) {
      ++tally_.refused;
      std::erase_if(now, [](const auto& file) { return is_temporary(file.first); });
      expect_old_or_new(now, before, after);
    } else if (run.signal != 0) {
      ADD_FAILURE() << "ended by signal " << run.signal << ": " << run.errors;
    } else if (run.exit_status == whole.exit_status) {
      ++tally_.same;
      EXPECT_EQ(run.output, whole.output);
      expect_same(now, after);
    } else {
      ++tally_.refused;
      EXPECT_NE(run.errors.find_first_not_of(" \n"), std::string::npos) << "no reason";
      expect_old_or_new(now, before, after);
    }
    put_back(folder_, before, left);
  }

  /// Beside its target, under a random name: what a killed writer leaves.
  static bool is_temporary(const std::string& name) {
    return fs::path(name).filename().string().starts_with(".");
  }

  /// `most` calls of `arguments` fail, each once; with `kill` each ends the program instead.
  void fail_calls(const std::vector<std::string>& arguments, std::size_t most, bool kill = false) {
    ProgramServer server(arguments, folder_);
    const Snapshot before = snapshot_of(folder_);
    const FaultRun whole = server.run();
    if (whole.exit_status < 0) GTEST_SKIP() << "the program cannot be run with a preloaded library";
    ASSERT_LE(whole.exit_status, 3) << whole.errors;
    const Snapshot after = snapshot_of(folder_);
    put_back(folder_, before, after);
    const std::vector<Fault> faults =
        kill ? kills_of(whole, {FAULT_WRITE, FAULT_RENAME, FAULT_FSYNC, FAULT_OPENAT}, most)
             : faults_of(whole, most);
    for (const Fault& fault : faults) {
      try_fault(server, fault, before, after, whole);
      if (failures() > 40) break;
    }
    tally_.print(arguments.front() + " " + arguments.at(1) + (kill ? ", killed" : ""), whole);
    EXPECT_GE(tally_.tried, tries_all() ? 0 : 4);
  }

  Tally tally_;
  TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path();
};

TEST_F(Faults, ReportLosesNothing) {
  fail_calls({"report", "run", "--output", "page.html", "--markdown", "page.md"}, 60);
}

TEST_F(Faults, ReportIntoTheRunLosesNothing) {
  fail_calls({"report", "run"}, 30);
}

TEST_F(Faults, ReportOfALogLosesNothing) {
  fail_calls({"report", "osu.txt", "--output", "page.html", "--redact"}, 60);
}

TEST_F(Faults, PlanCrossoverLosesNothing) {
  fail_calls({"plan", "crossover", "--work", "1000", "--up-speed", "6", "--up-price", "18", "--tax",
              "0.04", "--job", "job.toml"},
             2300);
}

TEST_F(Faults, PlanGridLosesNothing) {
  fail_calls({"plan", "grid", "--sizes", "1,2,4", "--node-rate", "3", "--job", "job.toml", "--tax",
              "0.04"},
             2300);
}

TEST_F(Faults, PlanTailLosesNothing) {
  fail_calls({"plan", "tail", "run"}, 300);
}

TEST_F(Faults, PlanBuyLosesNothing) {
  fail_calls({"plan", "buy", "run", "--prices", "prices.csv", "--steps", "1000"}, 80);
}

TEST_F(Faults, CompareLosesNothing) {
  fail_calls({"compare", "run", "other", "--output", "gate"}, 60);
}

TEST_F(Faults, GateLosesNothing) {
  fail_calls({"gate", "--base", "echo t 1.5", "--head", "echo t 1.5", "--metric", "t ([0-9.]+)",
              "--screen-pairs", "5", "--confirm-pairs", "7", "--warm-up", "1", "--no-progress",
              "--output", "gate"},
             16);
}

TEST_F(Faults, AKilledReportLeavesTheOldPageOrTheNew) {
  fail_calls({"report", "run", "--output", "page.html", "--markdown", "page.md"}, 3, true);
}

TEST_F(Faults, AKilledComparisonLeavesTheOldVerdictOrTheNew) {
  fail_calls({"compare", "run", "other", "--output", "gate"}, 3, true);
}

}  // namespace
}  // namespace assay::test
