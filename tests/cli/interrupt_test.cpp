/// Ctrl-C: over at once, no process, no file in /dev/shm, and what was measured stays readable.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "probes/run/run_directory.hpp"
#include "tests/cli/program.hpp"
#include "tests/paths.hpp"

namespace assay::test {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// A /dev/shm of this test's own, where the machine permits, so that what lies in it afterwards is
/// ours.
bool own_shared_memory() {
  if (unshare(CLONE_NEWNS) != 0) return false;
  return mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("tmpfs", "/dev/shm", "tmpfs", 0, "mode=1777") == 0;
}

std::vector<std::string> files_in_shared_memory() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator("/dev/shm"))
    names.push_back(entry.path().filename().string());
  return names;
}

bool wait_for_rows(const fs::path& csv, std::size_t rows) {
  const auto deadline = Clock::now() + std::chrono::duration<double>(hanging.value());
  while (count_rows(csv) < rows) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

/// Interrupts `assay ARGUMENTS` as soon as it has measured a row of what it was asked for.
void interrupt_and_look(std::vector<std::string> arguments, int signal, bool whole_group) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // Orphans come to this process and are seen.
  const bool shared_memory_is_ours = own_shared_memory();
  const TemporaryFolder folder;
  arguments.insert(arguments.begin(), ASSAY_PROGRAM);
  arguments.insert(arguments.end(), {"--output", "run"});
  Running running(arguments, folder.path());
  ASSERT_TRUE(wait_for_rows(folder / "run/measurements.csv", 1));
  const auto sent = Clock::now();
  if (whole_group)
    running.send_to_group(signal);
  else
    kill(running.pid(), signal);
  const Ended ended = running.wait();
  const double seconds = std::chrono::duration<double>(Clock::now() - sent).count();
  EXPECT_FALSE(ended.timed_out);
  // Within 2 s where nothing else runs. The plan's own end is minutes away.
  EXPECT_LE(seconds, 20.0);
  EXPECT_EQ(ended.exit_status, 5) << ended.errors;
  EXPECT_FALSE(running.left_processes());
  if (shared_memory_is_ours) {
    EXPECT_THAT(files_in_shared_memory(), ::testing::IsEmpty());
  }

  const RunData run = read_run(folder / "run");
  EXPECT_EQ(run.run.at("state"), "partial");
  EXPECT_FALSE(run.records.empty());
  const Ended report = run_assay({"report", "run"}, folder.path());
  EXPECT_THAT(report.exit_status, ::testing::AnyOf(0, 3)) << report.errors;
  EXPECT_GT(read_text(folder / "run/report.html").size(), 1000u);
}

TEST(Interrupt, CtrlCDuringANodeProbe) {
  interrupt_and_look({"probe", "compute", "memory", "--profile", "standard"}, SIGINT, true);
}

TEST(Interrupt, CtrlCWithForkedRanks) {
  interrupt_and_look({"suite", "allreduce", "--profile", "standard"}, SIGINT, true);
}

// 1 would mean "regression": libraries below libfabric install handlers that end a program with it.
TEST(Interrupt, CtrlCBeforeAnythingIsMeasured) {
  for (const int delay : {20, 100, 250}) {
    const TemporaryFolder folder;
    Running running({ASSAY_PROGRAM, "run", "--profile", "quick", "--output", "run"}, folder.path());
    std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    running.send_to_group(SIGINT);
    const Ended ended = running.wait();
    EXPECT_FALSE(ended.timed_out);
    EXPECT_THAT(ended.exit_status, ::testing::AnyOf(5, -1)) << ended.errors;
  }
}

TEST(Interrupt, TerminateOnlyTheParent) {
  interrupt_and_look({"suite", "allreduce", "--profile", "standard"}, SIGTERM, false);
}

}  // namespace
}  // namespace assay::test
