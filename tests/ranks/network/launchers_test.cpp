/// A job under each launcher but PMIx's (pmix_test.cpp): this program again, as several processes
/// that a rendezvous, Hydra or ssh brings together.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "probes/core/errors.hpp"
#include "probes/core/host_name.hpp"
#include "probes/core/record_sink.hpp"
#include "probes/network/launch/launch.hpp"
#include "tests/temporary_folder.hpp"

namespace assay::network {
namespace {

using testing::HasSubstr;

struct Output {
  int exit_code = -1;
  std::string text;
};

Output run_command(const std::string& command) {
  Output output;
  std::FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  if (!pipe) return output;
  std::array<char, 4096> buffer;
  while (std::fgets(buffer.data(), buffer.size(), pipe)) output.text += buffer.data();
  const int status = pclose(pipe);
  output.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return output;
}

std::string this_program(const std::string& test) {
  std::array<char, 4096> self{};
  if (readlink("/proc/self/exe", self.data(), self.size() - 1) < 0) return "false";
  return std::string("env -u GTEST_TOTAL_SHARDS -u GTEST_SHARD_INDEX timeout 60 ") + self.data() +
         " --gtest_also_run_disabled_tests --gtest_filter=" + test;
}

/// Three processes with the variables of torchrun.
std::string by_variables(const std::string& test, int port) {
  std::string line = "export ASSAY_JOB_KEY=a-key-for-this-test; ";
  for (int rank = 0; rank < 3; ++rank)
    line += "RANK=" + std::to_string(rank) +
            " WORLD_SIZE=3 MASTER_ADDR=127.0.0.1 MASTER_PORT=" + std::to_string(port) + " " +
            this_program(test) + " & ";
  return "( " + line + " wait ) ";
}

int free_port() {  // Nobody takes it between this and the test, but for bad luck.
  return 20000 + static_cast<int>(getpid()) % 20000;
}

std::string by_hydra(const std::string& test) {
  return "mpiexec.hydra -n 3 " + this_program(test);
}

class ProcessesOfARendezvous : public testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "forked ranks are not tested under thread sanitizer";
#endif
  }
};
class ProcessesOfHydra : public ProcessesOfARendezvous {
 protected:
  void SetUp() override {
    ProcessesOfARendezvous::SetUp();
    if (!IsSkipped() && !has_hydra())
      GTEST_SKIP() << "mpiexec.hydra is not installed (package mpich)";
  }
  static bool has_hydra();
};

bool ProcessesOfHydra::has_hydra() {
  return run_command("timeout 20 mpiexec.hydra -n 2 printenv PMI_FD").exit_code == 0;
}

Record row_with(const std::string& operation, double value) {
  Record row;
  row.probe = "test";
  row.host = host_name();
  row.operation = operation;
  return with_samples(row, {value});
}

TEST(DISABLED_LaunchedRank, RunsLaunchesAndANodeProbe) {
  const auto job = Job::create(0);
  ASSERT_EQ(job->size(), 3);
  RecordList rows;
  for (int ranks = 1; ranks <= job->size(); ++ranks)
    job->run(ranks, {}, rows, [](Communicator& c, RecordSink& sink, const auto&) {
      double sum = 0;
      for (const double rank : c.gather_all(static_cast<double>(c.rank() + 1))) sum += rank;
      sink.put(row_with("sum", sum));
    });
  job->run_per_node(rows, [](RecordSink& sink) { sink.put(row_with("node", 1)); });
  std::string text;
  for (const Record& row : rows.records)
    text += " " + row.operation.str() + "=" + std::to_string(static_cast<int>(row.median));
  if (job->is_writer()) std::printf("%s:%s\n", job->participants().c_str(), text.c_str());
}

TEST(DISABLED_LaunchedRank, LosesARank) {
  const auto job = Job::create(0);
  RecordList rows;
  try {
    job->run(job->size(), {}, rows, [](Communicator& c, RecordSink&, const auto& progress) {
      progress(0.5, "the planted phase");
      c.barrier();
      if (c.rank() == 1) kill(getpid(), SIGKILL);
      while (true) c.barrier();
    });
  } catch (const PeerLost& lost) {
    std::printf("rank %d lost %d: %s\n", job->rank(), lost.rank(), lost.what());
  }
}

TEST(DISABLED_LaunchedRank, LosesASupervisor) {
  const auto job = Job::create(0);
  RecordList rows;
  const pid_t supervisor = getpid();
  try {
    job->run(job->size(), {}, rows, [supervisor](Communicator& c, RecordSink&, const auto&) {
      c.barrier();
      if (c.rank() == 1) kill(supervisor, SIGKILL);
      while (true) c.barrier();
    });
  } catch (const PeerLost& lost) {
    std::printf("rank %d lost %d: %s\n", job->rank(), lost.rank(), lost.what());
  }
}

int count_of(const std::string& text, const std::string& word) {
  int count = 0;
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; ++at) ++count;
  return count;
}

TEST_F(ProcessesOfARendezvous, AreOneJob) {
  const Output output =
      run_command(by_variables("DISABLED_LaunchedRank.RunsLaunchesAndANodeProbe", free_port()));
  EXPECT_THAT(output.text, HasSubstr("1 host, 3 ranks, started by torchrun variables (RANK, "
                                     "WORLD_SIZE, MASTER_ADDR): sum=1 sum=3 sum=6 node=1\n"));
  EXPECT_EQ(count_of(output.text, "[  PASSED  ]"), 3) << output.text;
}

TEST_F(ProcessesOfARendezvous, NameARankThatWasKilled) {
  const Output output =
      run_command(by_variables("DISABLED_LaunchedRank.LosesARank", free_port() + 1));
  EXPECT_EQ(count_of(output.text, " lost 1: "), 3) << output.text;
  EXPECT_THAT(output.text, HasSubstr("was killed by signal 9 (Killed) in phase \"the planted "
                                     "phase\""));
}

TEST_F(ProcessesOfARendezvous, NameAProcessThatWasKilled) {
  const Output output =
      run_command(by_variables("DISABLED_LaunchedRank.LosesASupervisor", free_port() + 2));
  EXPECT_EQ(count_of(output.text, " lost 1: "), 2) << output.text;
  EXPECT_THAT(output.text, HasSubstr("its process has ended"));
}

TEST_F(ProcessesOfHydra, AreOneJob) {
  const Output output = run_command(by_hydra("DISABLED_LaunchedRank.RunsLaunchesAndANodeProbe"));
  EXPECT_EQ(output.exit_code, 0) << output.text;
  EXPECT_THAT(output.text, HasSubstr("1 host, 3 ranks, started by PMI (Hydra, Flux, srun "
                                     "--mpi=pmi2): sum=1 sum=3 sum=6 node=1\n"));
}

TEST_F(ProcessesOfHydra, NameARankThatWasKilledAndOneWhoseProcessWas) {
  const Output rank = run_command(by_hydra("DISABLED_LaunchedRank.LosesARank"));
  EXPECT_EQ(count_of(rank.text, " lost 1: "), 3) << rank.text;
  const Output process = run_command(by_hydra("DISABLED_LaunchedRank.LosesASupervisor"));
  EXPECT_EQ(count_of(process.text, " lost 1: "), 2) << process.text;
}

}  // namespace
}  // namespace assay::network
