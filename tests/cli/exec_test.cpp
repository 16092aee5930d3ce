/// `assay suite exec`: a command of the user as a scaling study, from its start to the report.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "probes/run/run_directory.hpp"
#include "tests/cli/program.hpp"
#include "tests/paths.hpp"

namespace assay::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Some process has `argument` among its arguments.
bool is_running(const std::string& argument) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string line = read_text(entry.path() / "cmdline");
    if (line.find('\0' + argument + '\0') != std::string::npos) return true;
  }
  return false;
}

class Exec : public ::testing::Test {
 protected:
  Ended exec(std::vector<std::string> options, const std::vector<std::string>& command) {
    std::vector<std::string> arguments = {"suite", "exec", "--output", "run"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.emplace_back("--");
    arguments.insert(arguments.end(), command.begin(), command.end());
    return run_assay(arguments, folder_.path());
  }
  std::vector<Record> rows(std::string_view metric) const {
    std::vector<Record> found;
    for (const Record& row : read_run(folder_ / "run").records)
      if (row.metric == metric) found.push_back(row);
    return found;
  }
  TemporaryFolder folder_;
};

TEST_F(Exec, ACapturedNumberBecomesAStudyWithFitAndDecision) {
  // Serial 10 ms, parallel 80 ms, and a little from one launch to the next.
  const std::string script =
      "awk -v n=$1 -v l=$2 'BEGIN { printf \"warm-up 999 ms\\nstep %.4f ms\\n\", 10 + 80 / n + l / "
      "100 }'";
  const Ended ended = exec({"--ranks", "1,2,4,8", "--launches", "3", "--metric",
                            "step ([0-9.]+) ms", "--unit", "ms", "--ranks-per-node", "1"},
                           {"sh", "-c", script, "{ranks}", "{ranks}", "{launch}"});
  ASSERT_EQ(ended.exit_status, 0) << ended.errors;
  const std::vector<Record> steps = rows("step_time");
  ASSERT_EQ(steps.size(), 13u);  // 4 rank counts x 3 launches, and the first one again
  std::set<std::pair<std::int64_t, std::string>> launches;
  for (const Record& row : steps) {
    EXPECT_EQ(row.probe, "workload.exec");
    EXPECT_EQ(row.status, Status::ok) << row.reason.str();
    EXPECT_EQ(row.nodes, row.ranks);
    EXPECT_EQ(row.scaling, "strong");
    EXPECT_TRUE(launches.emplace(row.ranks, row.launch.str()).second);
    const double ranks = static_cast<double>(row.ranks);
    const double launch = std::stod(row.launch.str());
    EXPECT_NEAR(row.median, 1e-3 * (10 + 80 / ranks + launch / 100), 1e-7);
  }
  for (const Record& row : rows("throughput")) EXPECT_LT(row.median, 1 / 0.019);
  EXPECT_EQ(rows("elapsed_time").size(), 13u);
  EXPECT_FALSE(std::is_sorted(steps.begin(), steps.end(), [](const Record& a, const Record& b) {
    return a.ranks < b.ranks;
  })) << "launches are to be shuffled";

  const Ended report = run_assay(
      {"report", "run", "--prices", std::string(ASSAY_SOURCE_DIR) + "/reports/example-prices.csv"},
      folder_.path());
  ASSERT_THAT(report.exit_status, ::testing::AnyOf(0, 3)) << report.errors;
  bool has_serial_fraction = false, has_cost = false;
  for (const ModelRow& row : read_run(folder_ / "run").models) {
    has_cost = has_cost || row.parameter.str().starts_with("cost_per_result");
    if (row.model != "amdahl" || row.parameter != "serial_fraction") continue;
    has_serial_fraction = true;
    EXPECT_NEAR(row.value, 10.0 / 90, 0.01);
    EXPECT_THAT(row.subject.str(), HasSubstr("workload.exec strong"));
  }
  EXPECT_TRUE(has_serial_fraction);
  EXPECT_TRUE(has_cost);
  EXPECT_THAT(read_text(folder_ / "run/report.html"), HasSubstr("exec, strong scaling"));
}

TEST_F(Exec, WithoutAMetricTheElapsedTimeIsTheStep) {
  const Ended ended = exec({"--launches", "1"}, {"sleep", "0.2"});
  ASSERT_EQ(ended.exit_status, 0) << ended.errors;
  const std::vector<Record> steps = rows("step_time");
  ASSERT_EQ(steps.size(), 2u);
  for (const Record& row : steps) {
    EXPECT_EQ(row.ranks, 1);
    EXPECT_GE(row.median, 0.2);
  }
  EXPECT_EQ(rows("elapsed_time").size(), 0u);
}

TEST_F(Exec, NoShellLooksAtTheCommand) {
  const Ended ended = exec({"--ranks", "2", "--launches", "1", "--metric", "got ([0-9.]+)"},
                           {"printf", "%s\\n", "$HOME; `false` got {ranks}.5", "got {ranks}"});
  ASSERT_EQ(ended.exit_status, 0) << ended.errors;
  for (const Record& row : rows("step_time")) EXPECT_EQ(row.median, 2) << "not the last match";
}

TEST_F(Exec, AFailureIsARowWithStatusAndLastLinesAndTheOthersGoOn) {
  const Ended ended =
      exec({"--ranks", "1,2", "--launches", "2", "--name", "fragile"},
           {"sh", "-c", "[ $0 = 1 ] || { printf 'no,\"mem\\001ory\\377\\nlast\\n' >&2; exit 3; }",
            "{ranks}"});
  EXPECT_EQ(ended.exit_status, 3) << ended.errors;
  EXPECT_THAT(ended.errors, HasSubstr("launches failed"));
  int measured = 0, failed = 0;
  for (const Record& row : rows("step_time")) {
    EXPECT_EQ(row.operation, "fragile");
    if (row.ranks == 1) {
      ++measured;
      EXPECT_EQ(row.status, Status::ok) << row.reason.str();
      continue;
    }
    ++failed;
    EXPECT_EQ(row.status, Status::incorrect);
    EXPECT_EQ(row.reason.str(), "exit status 3; last lines: no,\"mem\\x01ory\\xff\\nlast");
    EXPECT_FALSE(is_present(row.median));
  }
  EXPECT_EQ(measured + failed, 5);
  EXPECT_GE(failed, 2);
  EXPECT_THAT(run_assay({"report", "run"}, folder_.path()).exit_status, ::testing::AnyOf(0, 3));
}

TEST_F(Exec, ASignalIsNamed) {
  exec({"--launches", "1"}, {"sh", "-c", "kill -SEGV $$"});
  for (const Record& row : rows("step_time"))
    EXPECT_THAT(row.reason.str(), HasSubstr("killed by signal 11"));
}

TEST_F(Exec, AtTheDeadlineEverythingTheCommandStartedEnds) {
  // One child in a session of its own, one that ignores the request to end. Times that no other
  // process of this machine sleeps for.
  const std::string unique = "." + std::to_string(getpid());
  const Ended ended =
      exec({"--launches", "1", "--timeout", "2s"},
           {"sh", "-c",
            fmt::format("echo waiting; setsid sleep 611{0} & (trap '' TERM; exec sleep 612{0}) & "
                        "sleep 613{0}",
                        unique)});
  EXPECT_EQ(ended.exit_status, 5) << ended.errors;
  const std::vector<Record> steps = rows("step_time");
  ASSERT_EQ(steps.size(), 2u);
  for (const Record& row : steps) {
    EXPECT_EQ(row.status, Status::timed_out);
    EXPECT_THAT(row.reason.str(), HasSubstr("did not end within 2 s; last lines: waiting"));
  }
  for (const char* seconds : {"611", "612", "613"})
    EXPECT_FALSE(is_running(seconds + unique)) << "sleep " << seconds << unique << " runs on";
}

TEST_F(Exec, EndlessOutputEndsAtTheDeadlineInBoundedMemory) {
  const Ended ended = run_command(
      {"sh", "-c",
       std::string("ulimit -v 4000000; exec \"$0\" suite exec --output run --launches 1 --timeout "
                   "1s --metric 'y([0-9]+)' -- yes yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"),
       ASSAY_PROGRAM},
      folder_.path());
  EXPECT_EQ(ended.exit_status, 5) << ended.errors;
  EXPECT_EQ(rows("step_time").at(0).status, Status::timed_out);
}

TEST_F(Exec, InterruptedItLeavesNobody) {
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  {
    Running running({ASSAY_PROGRAM, "suite", "exec", "--output", "run", "--", "sh", "-c",
                     "touch started; setsid sleep 614.25"},
                    folder_.path());
    for (int i = 0; i < 20'000 && !std::filesystem::exists(folder_ / "started"); ++i) usleep(10000);
    running.send_to_group(SIGINT);
    const Ended ended = running.wait();
    EXPECT_EQ(ended.exit_status, 5) << ended.errors;
    EXPECT_FALSE(running.left_processes());
  }
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_F(Exec, ANumberThatIsNeverPrintedEndsTheStudyAtOnce) {
  const Ended ended = exec({"--ranks", "1,2", "--metric", "speed ([0-9.]+)"},
                           {"sh", "-c", "echo speed none {ranks}; echo x >> started"});
  EXPECT_EQ(ended.exit_status, 4);
  EXPECT_THAT(ended.errors, HasSubstr("speed ([0-9.]+)"));
  EXPECT_EQ(read_text(folder_ / "started"), "x\n");
  ASSERT_EQ(rows("step_time").size(), 1u);
  EXPECT_THAT(rows("step_time").at(0).reason.str(), HasSubstr("last lines: speed none"));
}

/// One line, exit 4, nothing measured.
class ExecRefuses : public Exec {
 protected:
  void expect(const std::vector<std::string>& arguments, const std::string& words) {
    std::vector<std::string> all = {"suite", "exec"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Ended ended = run_assay(all, folder_.path());
    EXPECT_EQ(ended.exit_status, 4) << ended.errors;
    EXPECT_EQ(std::count(ended.errors.begin(), ended.errors.end(), '\n'), 1) << ended.errors;
    EXPECT_THAT(ended.errors, HasSubstr(words));
    EXPECT_TRUE(run_directories(folder_.path()).empty());
  }
};

TEST_F(ExecRefuses, WrongCommandLines) {
  expect({}, "no command");
  expect({"--ranks", "1,2", "--"}, "no command");
  expect({"mpirun", "-np", "2", "./train"}, "expected it after --");
  expect({"true", "--", "true"}, "takes no names");
  expect({"--ranks", "1,2", "--", "true"}, "no {ranks}");
  expect({"--", "no-such-program-here"}, "'no-such-program-here' is not a program");
  expect({"--metric", "(", "--", "true"}, "'(' is not a regular expression");
  expect({"--metric", "step", "--", "true"}, "captures nothing");
  expect({"--unit", "h", "--", "true"}, "'h' is not a unit");
  expect({"--timeout", "60", "--", "true"}, "--timeout");
  expect({"--scaling", "both", "--", "true"}, "--scaling");
  expect({"--trace", "--", "true"}, "--trace");
  expect({"--ranks", "0", "--", "true"}, "'0' is not a rank count");
}

}  // namespace
}  // namespace assay::test
