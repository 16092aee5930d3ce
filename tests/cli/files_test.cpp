/// Files and streams as hostile or broken as a shell can make them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "probes/run/run_directory.hpp"
#include "tests/cli/program.hpp"
#include "tests/paths.hpp"

namespace assay::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class FilesTest : public testing::Test {
 protected:
  /// `script` with $assay for the program; ended by SIGKILL after `limit`.
  Ended shell(const std::string& script, Seconds limit = hanging) {
    return run_command({"bash", "-c", std::string("assay=") + ASSAY_PROGRAM + "; " + script},
                       folder_.path(), limit);
  }
  /// A run of one row, as fast as there is one.
  void make_run(const std::string& name) {
    RunWriter writer(folder_ / name, false);
    Record row;
    row.probe = "memory.bandwidth";
    row.metric = "rate";
    row.unit = "B/s";
    row.host = "n1";
    row.level = "L2";
    row.operation = "read";
    writer.put(with_samples(row, {1e9, 2e9, 3e9}));
    writer.finish("complete");
  }
  static std::string probe(const std::string& more) {
    return "$assay suite synthetic --ranks 1 --launches 1 --bytes 0B --serial-seconds 0 "
           "--parallel-seconds 1ms --steps 2 --no-progress " +
           more;
  }
  TemporaryFolder folder_;
};

TEST_F(FilesTest, StandardOutputThatTakesNothingIsNoSuccess) {
  for (const char* command :
       {"--help", "--version", "list", "report --help", "run --dry-run",
        "plan crossover --work 1000 --up-speed 6 --up-price 18 --node-price 2 --tax 0.04"}) {
    const Ended ended = shell(std::string("$assay ") + command + " > /dev/full");
    EXPECT_EQ(ended.exit_status, 4) << command << ended.errors;
    EXPECT_THAT(ended.errors, HasSubstr("No space left on device")) << command;
  }
  EXPECT_EQ(shell("$assay --version >&-").exit_status, 4);
}

TEST_F(FilesTest, AClosedStreamIsNotGivenToAFile) {
  const Ended ended = shell(probe("--output run") + " <&- >&- 2>&-");
  EXPECT_EQ(ended.exit_status, 4) << "the table went nowhere";
  const RunData run = read_run(folder_ / "run");
  EXPECT_EQ(run.run["state"], "complete");
  EXPECT_GT(run.records.size(), 5u);
  EXPECT_TRUE(run.warnings.empty());
  EXPECT_EQ(shell("$assay plan nonsense 2>&-").exit_status, 4);
  EXPECT_EQ(shell("$assay plan nonsense 2>/dev/full").exit_status, 4);
}

TEST_F(FilesTest, WhatIsNoFileIsNotReadAsAnEmptyOne) {
  ASSERT_EQ(mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  fs::create_directory(folder_ / "folder");
  for (const char* file : {"folder", "/dev/zero", "fifo", "/dev/null"})
    for (const char* command :
         {"run --dry-run --config ",
          "plan crossover --work 1000 --up-speed 6 --up-price 18 --tax 0.04 --job ",
          "plan buy --prices ", "report "}) {
      if (std::string(command) == "report " && std::string(file) == "folder") continue;
      const Ended ended = shell(std::string("$assay ") + command + file);
      EXPECT_EQ(ended.exit_status, 4) << command << file;
    }
}

TEST_F(FilesTest, AReportIsWrittenIntoADeviceAndFollowsALink) {
  make_run("run");
  EXPECT_THAT(shell("$assay report run --output /dev/null").exit_status, ::testing::AnyOf(0, 3));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  std::ofstream(folder_ / "target.html") << "old";
  fs::create_symlink("target.html", folder_ / "link.html");
  EXPECT_THAT(shell("$assay report run --output link.html").exit_status, ::testing::AnyOf(0, 3));
  EXPECT_TRUE(fs::is_symlink(folder_ / "link.html"));
  EXPECT_THAT(read_text(folder_ / "target.html"), HasSubstr("<html"));
  const Ended page = shell("$assay report run --output /dev/stdout");
  EXPECT_THAT(page.exit_status, ::testing::AnyOf(0, 3)) << page.errors;
  EXPECT_THAT(page.output, testing::EndsWith("</html>"));
  EXPECT_EQ(
      shell("mkfifo f; $assay report run --output f > /dev/null & cat f | tail -c 7; wait").output,
      "</html>");
}

TEST_F(FilesTest, TheOnlyCopyOfTheDataIsNotOverwritten) {
  make_run("run");
  std::ofstream(folder_ / "times.csv") << "ranks,time\n1,4\n2,2.1\n4,1.2\n";
  const std::string rows = read_text(folder_ / "run/measurements.csv");
  EXPECT_EQ(shell("$assay report times.csv --output times.csv").exit_status, 4);
  EXPECT_EQ(read_text(folder_ / "times.csv"), "ranks,time\n1,4\n2,2.1\n4,1.2\n");
  for (const char* output : {"--output run/measurements.csv", "--markdown run/run.json",
                             "--output page --markdown page", "--output run/models.csv"})
    EXPECT_EQ(shell(std::string("$assay report run ") + output).exit_status, 4) << output;
  EXPECT_EQ(read_text(folder_ / "run/measurements.csv"), rows);
  EXPECT_FALSE(fs::exists(folder_ / "page"));
}

TEST_F(FilesTest, AReceivedDirectoryWritesIntoNobodysFiles) {
  std::ofstream(folder_ / "victim") << "precious";
  for (const char* name : {"report.html", "models.csv", "report.html.new", "models.csv.new"}) {
    fs::remove_all(folder_ / "run");
    make_run("run");
    fs::remove(folder_ / "run" / name);
    fs::create_symlink("../victim", folder_ / "run" / name);
    const Ended ended = shell("$assay report run");
    EXPECT_EQ(read_text(folder_ / "victim"), "precious") << name;
    EXPECT_EQ(ended.exit_status, std::string(name).ends_with(".new") ? 0 : 4) << name;
  }
}

TEST_F(FilesTest, AReadOnlyRunIsReported) {
  make_run("run");
  for (const auto& entry : fs::directory_iterator(folder_ / "run"))
    fs::permissions(entry.path(), fs::perms(0444));
  fs::permissions(folder_ / "run", fs::perms(0555));
  if (access((folder_ / "run").c_str(), W_OK) == 0) {
    // root may write everywhere: a mount that is read-only stops it.
    const Ended ended =
        shell("unshare -m bash -c 'mount --bind run run && mount -o remount,ro,bind run && " +
              std::string(ASSAY_PROGRAM) + " report run --output page.html'");
    if (ended.errors.find("unshare") != std::string::npos ||
        ended.errors.find("mount") != std::string::npos)
      GTEST_SKIP() << "no read-only mount can be made here: " << ended.errors;
    EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  } else {
    EXPECT_EQ(shell("$assay report run").exit_status, 4);
    EXPECT_THAT(shell("$assay report run --output page.html").exit_status, ::testing::AnyOf(0, 3));
  }
  fs::permissions(folder_ / "run", fs::perms(0755));
  EXPECT_TRUE(fs::exists(folder_ / "page.html"));
  EXPECT_TRUE(fs::exists(folder_ / "page-models.csv")) << "beside the page";
}

TEST_F(FilesTest, NumbersBeyondReasonEndInALineOrAPageInSeconds) {
  std::ofstream(folder_ / "times.csv") << "ranks,time\n1,1e-300\n2,1e300\n";
  const Ended ended = shell("ulimit -v 4000000; $assay report times.csv --output p.html");
  EXPECT_EQ(ended.exit_status, 4) << ended.errors;
  EXPECT_THAT(ended.errors, HasSubstr("times.csv:"));
}

TEST_F(FilesTest, NestingIsRefusedBeforeTheStackEnds) {
  make_run("run");
  std::ofstream(folder_ / "run/run.json") << std::string(200'000, '[');
  EXPECT_EQ(shell("$assay report run").exit_status, 4);
  std::string key = "a";
  for (int i = 0; i < 200'000; ++i) key += ".a";
  std::ofstream(folder_ / "job.toml") << key << " = 1\n";
  EXPECT_EQ(
      shell(
          "$assay plan crossover --work 1000 --up-speed 6 --up-price 18 --tax 0.04 --job job.toml")
          .exit_status,
      4);
  std::ofstream(folder_ / "list.toml") << "nodes = " << std::string(200'000, '[') << "\n";
  EXPECT_EQ(
      shell(
          "$assay plan crossover --work 1000 --up-speed 6 --up-price 18 --tax 0.04 --job list.toml")
          .exit_status,
      4);
}

TEST_F(FilesTest, ARefusedResumeOrAppendChangesNothing) {
  fs::create_directory(folder_ / "thesis");
  std::ofstream(folder_ / "thesis/thesis.tex") << "text";
  for (const char* how : {"--resume", "--append"}) {
    EXPECT_EQ(shell(probe("--output thesis ") + how).exit_status, 4) << how;
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "thesis"), {}), 1) << how;
  }
  ASSERT_EQ(shell(probe("--output run")).exit_status, 0);
  fs::remove(folder_ / "run/run.json");
  const std::string rows = read_text(folder_ / "run/measurements.csv");
  EXPECT_EQ(shell(probe("--output run --resume")).exit_status, 4);
  EXPECT_EQ(read_text(folder_ / "run/measurements.csv"), rows);
  EXPECT_FALSE(fs::exists(folder_ / "run/run.json"));
}

TEST_F(FilesTest, AppendedSessionsOfAnotherVersionAreShownApart) {
  ASSERT_EQ(shell(probe("--output run")).exit_status, 0);
  // As if an older build had measured it.
  std::string text = read_text(folder_ / "run/run.json");
  const std::string commit = read_run(folder_ / "run").run["tool"]["commit"];
  for (std::size_t at = text.find(commit); at != std::string::npos; at = text.find(commit, at + 9))
    text.replace(at, commit.size(), "0000000ld");
  std::ofstream(folder_ / "run/run.json") << text;
  ASSERT_EQ(shell(probe("--output run --append")).exit_status, 0);
  const RunData run = read_run(folder_ / "run");
  EXPECT_EQ(run.run["tool"]["commit"], "0000000ld") << "what the first session said stays";
  EXPECT_EQ(run.run["sessions"][0]["tool"]["commit"], "0000000ld");
  EXPECT_EQ(run.run["sessions"][1]["tool"]["commit"], commit);
  EXPECT_EQ(run.records.front().session, 1);
  EXPECT_EQ(run.records.back().session, 2);
  const Ended report = shell("$assay report run --output page.html");
  EXPECT_THAT(report.exit_status, ::testing::AnyOf(0, 3)) << report.errors;
  EXPECT_THAT(report.errors, HasSubstr("sessions of different machines or versions"));
  EXPECT_THAT(read_text(folder_ / "page.html"), HasSubstr("0000000ld"));
}

TEST_F(FilesTest, TwoDefaultRunsInASecondDoNotCollide) {
  const std::string one = probe("> /dev/null 2>&1");
  const Ended ended =
      shell(one + " & a=$!; " + one + " & b=$!; wait $a; x=$?; wait $b; echo $x $?");
  EXPECT_EQ(ended.output, "0 0\n");
  EXPECT_EQ(run_directories(folder_.path()).size(), 2u);
}

TEST_F(FilesTest, LimitsOfTheShellEndInAMessage) {
  const Ended small = shell("ulimit -f 1; " + probe("--output run"));
  EXPECT_TRUE(small.exit_status == 4 || small.exit_status == 5) << small.errors;
  EXPECT_THAT(small.errors, HasSubstr("File too large"));
  make_run("other");
  const Ended tight = shell("ulimit -v 500000; $assay report other --output p.html");
  EXPECT_TRUE(tight.exit_status == 0 || tight.exit_status == 4) << tight.errors;
  EXPECT_EQ(tight.errors.find("unexpected"), std::string::npos) << tight.errors;
  // So little that a library's threads get none: that must not keep the program from ending.
  const Ended tighter = shell("ulimit -v 100000; $assay report other --output p.html");
  EXPECT_FALSE(tighter.timed_out);
  // Which call finds none left depends on how many were open at the start.
  for (const int files : {6, 7, 8}) {
    const Ended few =
        shell(fmt::format("ulimit -n {}; ", files) + probe(fmt::format("--output few{}", files)));
    EXPECT_EQ(few.exit_status, 4) << few.errors;
    EXPECT_THAT(few.errors, HasSubstr("Too many open files")) << files;
  }
}

TEST_F(FilesTest, AReportIsMadeUnderValgrind) {
  if (!is_installed("valgrind")) GTEST_SKIP() << "valgrind is not installed";
  make_run("run");
  const Ended ended =
      shell("valgrind -q --error-exitcode=99 $assay report run --output page.html", hanging);
  EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_EQ(ended.errors, "");
  EXPECT_EQ(ended.output, "page.html\n");
}

TEST_F(FilesTest, ChangedRowsAreNamed) {
  ASSERT_EQ(shell(probe("--output run")).exit_status, 0);
  ASSERT_EQ(shell("sed -i '3s/synthetic/SYNTHETIC/' run/measurements.csv").exit_status, 0);
  const Ended report = shell("$assay report run");
  EXPECT_THAT(report.errors, HasSubstr("not as it was measured: measurements.csv: lines "));
  const Ended resumed = shell(probe("--output run --resume"));
  EXPECT_EQ(resumed.exit_status, 4);
}

}  // namespace
}  // namespace assay::test
