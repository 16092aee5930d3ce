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
  const ProcessResult result = run_shell("echo out; echo err >&2; exit 3", 30_s);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors, "err\n");
  EXPECT_EQ(result.exit_status, 3);
  EXPECT_FALSE(result.succeeded());
  EXPECT_EQ(result.describe(30_s), "exit status 3");
}

TEST(RunShell, QuotingMeansWhatItMeansInTheShell) {
  EXPECT_EQ(run_shell("printf '%s|' 'a b' \"c\"", 30_s).output, "a b|c|");
  EXPECT_EQ(run_shell("printf %s " + shell_quote("it's $HOME `x` \"y\" \\"), 30_s).output,
            "it's $HOME `x` \"y\" \\");
  EXPECT_EQ(run_shell("printf %s \"$ASSAY_GATE_SIDE\"", 30_s, {{"ASSAY_GATE_SIDE", "head"}}).output,
            "head");
}

TEST(RunShell, EndsAtTheDeadlineWithEverythingTheCommandStarted) {
  const ProcessResult result = run_shell("sleep 600 & echo $!; sleep 600", 300_ms);
  EXPECT_TRUE(result.timed_out);
  EXPECT_LT(result.wall.value(), 30);
  const pid_t child = std::stoi(result.output);
  // Killed; a moment may pass until its new parent has collected it.
  bool gone = false;
  for (int i = 0; i < 500 && !gone; ++i) {
    std::ifstream status("/proc/" + std::to_string(child) + "/stat");
    std::string text;
    std::getline(status, text);
    gone = text.empty() || text.find(") Z") != std::string::npos;
    usleep(10000);
  }
  EXPECT_TRUE(gone) << "process " << child << " runs on into the next launch";
}

TEST(RunShell, ABackgroundChildThatHoldsThePipeDoesNotHoldTheGate) {
  const ProcessResult result = run_shell("sleep 600 & echo done", 60_s);
  EXPECT_TRUE(result.succeeded());
  EXPECT_EQ(result.output, "done\n");
  EXPECT_LT(result.wall.value(), 30);
}

TEST(RunShell, ASignalIsNamed) {
  const ProcessResult result = run_shell("kill -SEGV $$", 30_s);
  EXPECT_EQ(result.signal, SIGSEGV);
  EXPECT_NE(result.describe(30_s).find("signal 11"), std::string::npos);
}

TEST(RunShell, LongOutputIsCutAndSaid) {
  const ProcessResult result = run_shell("head -c 300000 /dev/zero", 30_s, {}, 100000);
  EXPECT_EQ(result.output.size(), 100000u);
  EXPECT_TRUE(result.output_cut);
  EXPECT_TRUE(result.succeeded());
}

TEST(RunShell, StandardInputIsEmpty) {
  EXPECT_EQ(run_shell("cat; echo end", 30_s).output, "end\n");
}

TEST(RunCommand, TakesArgumentsAsTheyAre) {
  const ProcessResult result =
      run_command({"printf", "%s|", "$HOME", "a b", "`x`;"}, {.timeout = 30_s});
  EXPECT_EQ(result.output, "$HOME|a b|`x`;|");
}

TEST(RunCommand, WhatCannotBeStartedSaysWhy) {
  const ProcessResult result = run_command({"/no/such/program"}, {.timeout = 30_s});
  EXPECT_FALSE(result.succeeded());
  EXPECT_EQ(result.describe(30_s), "cannot be started: No such file or directory");
}

TEST(RunCommand, KeepsTheEndOfLongOutput) {
  const ProcessResult result =
      run_command({"sh", "-c", "yes begin | head -c 3000000; echo the end"},
                  {.timeout = 30_s, .output = 100, .keep = ProcessLimits::Keep::end});
  EXPECT_EQ(result.output.size(), 100u);
  EXPECT_TRUE(result.output.ends_with("the end\n"));
  EXPECT_TRUE(result.output_cut);
}

TEST(RunCommand, AChildInASessionOfItsOwnEndsWithTheCommand) {
  const ProcessResult result =
      run_command({"sh", "-c", "setsid sleep 600 & echo done"}, {.timeout = 60_s});
  EXPECT_TRUE(result.succeeded());
  EXPECT_EQ(result.output, "done\n");
  EXPECT_LT(result.wall.value(), 30);
  for (const ProcessEntry& process : all_processes())
    EXPECT_TRUE(process.is_zombie || process.parent != getpid()) << process.pid << " runs on";
}

TEST(RunCommand, EndsInOrderWhenItCan) {
  const ProcessResult result =
      run_command({"sh", "-c", "trap 'echo in order; exit 0' TERM; while :; do sleep 0.05; done"},
                  {.timeout = 200_ms});
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.output, "in order\n");
}

}  // namespace
}  // namespace assay
