#include "probes/process/subprocess.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "probes/core/clock.hpp"
#include "probes/process/process_tree.hpp"

namespace assay {
namespace {

using namespace literals;

TEST(RunShell, CollectsOutputAndStatus) {
  const ProcessResult result = run_shell("echo out; echo err >&2; exit 3", 300_s);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors, "err\n");
  EXPECT_EQ(result.exit_status, 3);
  EXPECT_FALSE(result.succeeded());
  EXPECT_EQ(result.describe(300_s), "exit status 3");
}

TEST(RunShell, QuotingMeansWhatItMeansInTheShell) {
  EXPECT_EQ(run_shell("printf '%s|' 'a b' \"c\"", 300_s).output, "a b|c|");
  EXPECT_EQ(run_shell("printf %s " + shell_quote("it's $HOME `x` \"y\" \\"), 300_s).output,
            "it's $HOME `x` \"y\" \\");
  EXPECT_EQ(
      run_shell("printf %s \"$ASSAY_GATE_SIDE\"", 300_s, {{"ASSAY_GATE_SIDE", "head"}}).output,
      "head");
}

/// Runs `command`, which does not end by itself, until a limit by which it has said something: on a
/// busy machine a shell needs its time.
ProcessResult run_until_it_speaks(const std::vector<std::string>& command) {
  ProcessResult result;
  for (const Seconds limit : {300_ms, 3_s, 30_s}) {
    result = run_command(command, {.timeout = limit});
    if (!result.output.empty()) break;
  }
  return result;
}

TEST(RunShell, EndsAtTheDeadlineWithEverythingTheCommandStarted) {
  const ProcessResult result =
      run_until_it_speaks({"sh", "-c", "sleep 6000 & echo $!; sleep 6000"});
  EXPECT_TRUE(result.timed_out);
  EXPECT_LT(result.wall.value(), 3000);
  ASSERT_FALSE(result.output.empty());
  const pid_t child = std::stoi(result.output);
  // Killed; a moment may pass until its new parent has collected it.
  bool gone = false;
  for (int i = 0; i < 5000 && !gone; ++i) {
    std::ifstream status("/proc/" + std::to_string(child) + "/stat");
    std::string text;
    std::getline(status, text);
    gone = text.empty() || text.find(") Z") != std::string::npos;
    usleep(10000);
  }
  EXPECT_TRUE(gone) << "process " << child << " runs on into the next launch";
}

TEST(RunShell, ABackgroundChildThatHoldsThePipeDoesNotHoldTheGate) {
  const ProcessResult result = run_shell("sleep 6000 & echo done", 600_s);
  EXPECT_TRUE(result.succeeded());
  EXPECT_EQ(result.output, "done\n");
  EXPECT_LT(result.wall.value(), 300);
}

TEST(RunShell, ASignalIsNamed) {
  const ProcessResult result = run_shell("kill -SEGV $$", 300_s);
  EXPECT_EQ(result.signal, SIGSEGV);
  EXPECT_NE(result.describe(300_s).find("signal 11"), std::string::npos);
}

TEST(RunShell, LongOutputIsCutAndSaid) {
  const ProcessResult result = run_shell("head -c 300000 /dev/zero", 300_s, {}, 100000);
  EXPECT_EQ(result.output.size(), 100000u);
  EXPECT_TRUE(result.output_cut);
  EXPECT_TRUE(result.succeeded());
}

TEST(RunShell, StandardInputIsEmpty) {
  EXPECT_EQ(run_shell("cat; echo end", 300_s).output, "end\n");
}

TEST(RunCommand, TakesArgumentsAsTheyAre) {
  const ProcessResult result =
      run_command({"printf", "%s|", "$HOME", "a b", "`x`;"}, {.timeout = 300_s});
  EXPECT_EQ(result.output, "$HOME|a b|`x`;|");
}

TEST(RunCommand, WhatCannotBeStartedSaysWhy) {
  const ProcessResult result = run_command({"/no/such/program"}, {.timeout = 300_s});
  EXPECT_FALSE(result.succeeded());
  EXPECT_EQ(result.describe(300_s), "cannot be started: No such file or directory");
}

TEST(RunCommand, KeepsTheEndOfLongOutput) {
  const ProcessResult result =
      run_command({"sh", "-c", "yes begin | head -c 3000000; echo the end"},
                  {.timeout = 300_s, .output = 100, .keep = ProcessLimits::Keep::end});
  EXPECT_EQ(result.output.size(), 100u);
  EXPECT_TRUE(result.output.ends_with("the end\n"));
  EXPECT_TRUE(result.output_cut);
}

TEST(RunCommand, AChildInASessionOfItsOwnEndsWithTheCommand) {
  const ProcessResult result =
      run_command({"sh", "-c", "setsid sleep 6000 & echo done"}, {.timeout = 600_s});
  EXPECT_TRUE(result.succeeded());
  EXPECT_EQ(result.output, "done\n");
  EXPECT_LT(result.wall.value(), 300);
  for (const ProcessEntry& process : all_processes())
    EXPECT_TRUE(process.is_zombie || process.parent != getpid()) << process.pid << " runs on";
}

TEST(RunCommand, EndsInOrderWhenItCan) {
  const ProcessResult result = run_until_it_speaks(
      {"sh", "-c", "trap 'echo in order; exit 0' TERM; while :; do sleep 0.05; done"});
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.output, "in order\n");
}

}  // namespace
}  // namespace assay
