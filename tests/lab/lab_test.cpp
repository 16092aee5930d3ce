/// scripts/lab: hosts made of namespaces, on this machine. Skipped, with the reason, where it is
/// not root or namespaces or packages are missing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "probes/run/run_directory.hpp"
#include "tests/cli/program.hpp"
#include "tests/paths.hpp"

namespace assay::test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// Why there can be no lab here; empty when there can.
std::string missing_prerequisite(const std::vector<std::string>& programs) {
  if (geteuid() != 0) return "the lab needs root";
  if (!fs::exists("/etc/hosts")) return "there is no /etc/hosts to put the hosts' own one over";
  for (const std::string& program : programs)
    if (!is_installed(program)) return program + " is not installed (scripts/setup packages lab)";
  const pid_t child = fork();
  // The second is what "ip netns exec" does, which no chroot into a plain folder can.
  if (child == 0)
    _exit(unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWPID) != 0 ||
          mount("", "/", "none", MS_SLAVE | MS_REC, nullptr) != 0);
  int status = -1;
  waitpid(child, &status, 0);
  return status == 0 ? "" : "this machine lets nobody make namespaces";
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// Of ranks with each other, on a machine that has other work.
constexpr const char* patience = "300s";

class LabTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string why = missing_prerequisite({"ip", "tc", "mpirun"});
    if (!why.empty()) GTEST_SKIP() << why;
  }
  void TearDown() override {
    if (!IsSkipped()) (void)lab({"down"});
  }

  Ended lab(std::vector<std::string> arguments, Seconds limit = hanging) const {
    arguments.insert(arguments.begin(), ASSAY_SOURCE_DIR "/scripts/lab");
    arguments.insert(arguments.begin() + 2, {"--name", name_});
    return run_command(arguments, folder_.path(), limit);
  }
  void up(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "up");
    const Ended ended = lab(arguments);
    ASSERT_EQ(ended.exit_status, 0) << ended.errors;
  }
  /// Everything of this lab that the machine still has.
  std::vector<std::string> leftovers() const {
    std::vector<std::string> found;
    for (const char* folder : {"/run/netns", "/etc/netns", "/run/assay-lab"}) {
      if (!fs::exists(folder)) continue;
      for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().filename().string().find(name_) != std::string::npos)
          found.push_back(entry.path().string());
    }
    const Ended processes = run_command({"pgrep", "-f", "/assay-lab/" + name_}, folder_.path());
    for (const std::string& pid : lines_of(processes.output)) found.push_back("process " + pid);
    return found;
  }
  /// Mbit/s from host to host, as iperf3's receiver counts them.
  double rate(const std::string& from, const std::string& to) const {
    EXPECT_EQ(lab({"exec", to, "--", "iperf3", "--server", "--one-off", "--daemon"}).exit_status,
              0);
    const Ended ended =
        lab({"exec", from, "--", "iperf3", "--client", to, "--time", "1", "--omit", "1", "--json"});
    EXPECT_EQ(ended.exit_status, 0) << ended.output;
    if (ended.exit_status != 0) return 0;
    // The daemon may not listen yet, of which the client says so and exits 0.
    const auto result = nlohmann::json::parse(ended.output);
    if (result.contains("error")) {
      std::cerr << "iperf3: " << result.at("error").get<std::string>() << "\n";
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      return 0;
    }
    return result.at("end").at("sum_received").at("bits_per_second").get<double>() / 1e6;
  }
  /// On a busy machine iperf3's second may be longer than it says; a link shaped wrongly is wrong
  /// each time.
  void expect_rate(const std::string& from, const std::string& to, double mbit_per_s) const {
    double measured = 0;
    for (const Deadline deadline(120_s); !deadline.passed();) {
      measured = rate(from, to);
      if (std::abs(measured / mbit_per_s - 1) <= 0.15) return;
    }
    ADD_FAILURE() << from << " to " << to << ": " << measured << " Mbit/s, not " << mbit_per_s;
  }

  TemporaryFolder folder_;
  std::string name_ = "test" + std::to_string(getpid());
};

TEST_F(LabTest, HostsHaveTheirOwnNamesAndRanksRunOnAllOfThem) {
  up({"--nodes", "4", "--racks", "2"});
  EXPECT_EQ(lab({"exec", "n3", "--", "hostname"}).output, "n3\n");
  const Ended ended = lab({"run", "--ranks-per-node", "2", "--", "hostname"});
  EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_THAT(lines_of(ended.output),
              UnorderedElementsAre("n1", "n1", "n2", "n2", "n3", "n3", "n4", "n4"));
  EXPECT_EQ(lab({"exec", "n1", "--", "sh", "-c", "exit 7"}).exit_status, 7);
}

TEST_F(LabTest, DownLeavesNothing) {
  up({"--nodes", "2"});
  EXPECT_THAT(leftovers(), ::testing::Not(IsEmpty()));
  EXPECT_EQ(lab({"down"}).exit_status, 0);
  EXPECT_THAT(leftovers(), IsEmpty());
  EXPECT_EQ(lab({"down"}).exit_status, 0) << "down of nothing is no error";
}

TEST_F(LabTest, DownAndUpWorkAfterACrash) {
  up({"--nodes", "2"});
  {
    Running busy({ASSAY_SOURCE_DIR "/scripts/lab", "run", "--name", name_, "--", "sleep", "1000"},
                 folder_.path());
    sleep(1);
    busy.send_to_group(SIGKILL);
    (void)busy.wait();
  }
  // The host's first process dies, and half of the lab's files are lost.
  kill(std::stoi(read_text("/run/assay-lab/" + name_ + "/n2.pid")), SIGKILL);
  fs::remove("/run/assay-lab/" + name_ + "/n1.pid");
  fs::remove("/run/assay-lab/" + name_ + "/ready");
  up({"--nodes", "3"});
  EXPECT_EQ(lines_of(lab({"run", "--", "hostname"}).output).size(), 3u);
  EXPECT_EQ(lab({"down"}).exit_status, 0);
  EXPECT_THAT(leftovers(), IsEmpty());
}

TEST_F(LabTest, TwoLabsDoNotMeet) {
  up({"--nodes", "2"});
  const std::string first = name_;
  name_ += "b";
  up({"--nodes", "2"});
  EXPECT_EQ(lab({"down"}).exit_status, 0);
  name_ = first;
  EXPECT_EQ(lab({"exec", "n2", "--", "hostname"}).output, "n2\n");
}

TEST_F(LabTest, ShapesNodesUplinksAndTheSlowNode) {
  if (!is_installed("iperf3")) GTEST_SKIP() << "iperf3 is not installed";
  up({"--nodes", "4", "--racks", "2", "--rate", "100mbit", "--uplink", "50mbit", "--slow-node",
      "2:20mbit:send"});
  expect_rate("n3", "n4", 100);
  expect_rate("n1", "n3", 50);
  expect_rate("n2", "n1", 20);
  expect_rate("n1", "n2", 100);  // slow to send only
}

TEST_F(LabTest, WrongPlansAreRefusedAndLeaveNothing) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"up"}, "--nodes"},
      {{"up", "--nodes", "0"}, "--nodes '0'"},
      {{"up", "--nodes", "2", "--racks", "3"}, "--racks '3'"},
      {{"up", "--nodes", "2", "--rate", "100"}, "unit"},
      {{"up", "--nodes", "2", "--uplink", "1gbit"}, "--racks 2"},
      {{"up", "--nodes", "2", "--slow-node", "3:10mbit"}, "3:10mbit"},
      {{"up", "--nodes", "2", "--colour", "red"}, "--colour"},
      {{"run", "--", "hostname"}, "no lab"},
      {{"fly"}, "'fly'"}};
  for (const auto& [arguments, word] : cases) {
    const Ended ended = lab(arguments);
    EXPECT_EQ(ended.exit_status, 4) << word;
    EXPECT_THAT(ended.errors, HasSubstr(word));
    EXPECT_THAT(leftovers(), IsEmpty()) << word;
  }
}

TEST_F(LabTest, AssayMeasuresAcrossHostsIntoOneRunDirectory) {
  up({"--nodes", "3", "--rate", "1gbit"});
  const Ended ended =
      lab({"run", "--", ASSAY_PROGRAM, "suite", "allreduce", "--profile", "quick", "--rounds", "1",
           "--bytes", "8B,64KiB", "--algorithm", "ring", "--launches", "1", "--timeout", patience,
           "--output", (folder_ / "run").string()});
  ASSERT_EQ(ended.exit_status, 0) << ended.errors << ended.output;
  const auto found = run_directories(folder_.path());
  ASSERT_EQ(found.size(), 1u);
  const RunData run = read_run(found[0]);
  std::vector<std::string> hosts;
  for (const auto& host : run.run.at("hosts")) hosts.push_back(host.at("host").get<std::string>());
  EXPECT_THAT(hosts, UnorderedElementsAre("n1", "n2", "n3"));
  int across = 0;
  for (const Record& record : run.records) across += record.nodes == 3 ? 1 : 0;
  EXPECT_GT(across, 0);
}

/// A run over three hosts, of which one gets a signal once rows have been measured.
class LostHostTest : public LabTest {
 protected:
  Ended run_and(const std::string& signal, const std::string& timeout, const std::string& pids,
                const std::string& host = "n2") {
    up({"--nodes", "3"});
    Running run({ASSAY_SOURCE_DIR "/scripts/lab", "run", "--name", name_, "--", ASSAY_PROGRAM,
                 "probe", "network.alpha_beta", "--profile", "standard", "--timeout", timeout,
                 "--output", (folder_ / "run").string()},
                folder_.path());
    const auto file = folder_ / "run" / "measurements.csv";
    for (const Deadline deadline(hanging); !deadline.passed(); usleep(100'000))
      if (fs::exists(file) && lines_of(read_text(file)).size() > 5) break;
    EXPECT_EQ(
        lab({"exec", host, "--", "sh", "-c", "kill -" + signal + " $(" + pids + ")"}).exit_status,
        0);
    const auto start = now();
    const Ended ended = run.wait();
    took_ = now() - start;
    EXPECT_EQ(ended.exit_status, 5) << ended.errors;
    EXPECT_THAT(ended.errors, HasSubstr(" in phase \""));
    EXPECT_GT(read_run(folder_ / "run").records.size(), 0u);
    for (const char* each : {"n1", "n2", "n3"})
      EXPECT_THAT(lab({"exec", each, "--", "pgrep", "-f", "assay probe"}).output, IsEmpty());
    return ended;
  }
  /// The rank is the child of the process that the launcher started.
  static constexpr const char* rank = "pgrep -P $(pgrep -o -f '[a]ssay probe')";
  static constexpr const char* all = "pgrep -f '[a]ssay probe'";
  Seconds took_{0};
};

TEST_F(LostHostTest, ADeathIsNamedAtOnceAndTheRowsAreKept) {
  const Ended ended = run_and("KILL", "30s", rank);
  EXPECT_THAT(ended.errors, HasSubstr("rank 1 on n2 was killed by signal 9"));
}

TEST_F(LostHostTest, WhatIsStoppedEndsTheRunWithinTheTimeout) {
  const Ended ended = run_and("STOP", "8s", all);
  EXPECT_THAT(ended.errors, HasSubstr("rank 1 on n2 has given no sign of life"));
  EXPECT_LT(took_.value(), 80) << "within the 8 s where nothing else runs";
}

TEST_F(LostHostTest, AStoppedWriterIsNamedByAnotherHost) {
  const Ended ended = run_and("STOP", "8s", all, "n1");
  EXPECT_THAT(ended.errors, HasSubstr("rank 0 on n1 has given no sign of life"));
  EXPECT_LT(took_.value(), 80) << "within the 8 s where nothing else runs";
}

TEST_F(LabTest, SlurmLaunchesRanksOverHosts) {
  const std::string why = missing_prerequisite({"munged", "slurmctld", "slurmd", "srun"});
  if (!why.empty()) GTEST_SKIP() << why;
  up({"--nodes", "2"});
  const Ended slurm = lab({"slurm"});
  ASSERT_EQ(slurm.exit_status, 0) << slurm.errors;
  const Ended ended = lab({"exec",        "n1",          "--",         "srun",
                           "-N",          "2",           "-n",         "3",
                           "--mpi=pmix",  ASSAY_PROGRAM, "suite",      "allreduce",
                           "--profile",   "quick",       "--bytes",    "8B,64KiB",
                           "--algorithm", "ring",        "--launches", "1",
                           "--timeout",   patience,      "--output",   (folder_ / "run").string()});
  ASSERT_EQ(ended.exit_status, 0) << ended.errors << ended.output;
  ASSERT_EQ(run_directories(folder_.path()).size(), 1u);
  EXPECT_EQ(read_run(folder_ / "run").run.at("hosts").size(), 2u);
  EXPECT_EQ(lab({"down"}).exit_status, 0);
  EXPECT_THAT(leftovers(), IsEmpty());
}

}  // namespace
}  // namespace assay::test
