#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "probes/core/errors.hpp"
#include "probes/core/host_name.hpp"
#include "probes/core/record_sink.hpp"
#include "probes/host/topology.hpp"
#include "probes/network/launch/launch.hpp"
#include "probes/network/launch/process_manager.hpp"

namespace assay::network {
namespace {

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

/// This program again, under mpirun, running one of the disabled tests below on every rank.
Output under_mpirun(int ranks, const std::string& test, const std::string& options = "") {
  std::array<char, 4096> self{};
  if (readlink("/proc/self/exe", self.data(), self.size() - 1) < 0) return {};
  // Its ranks run one test, whatever share of all tests this process was given.
  return run_command(
      "env -u GTEST_TOTAL_SHARDS -u GTEST_SHARD_INDEX timeout 600 mpirun --allow-run-as-root "
      "--oversubscribe " +
      options + " -n " + std::to_string(ranks) + " " + self.data() +
      " --gtest_also_run_disabled_tests --gtest_filter=" + test);
}

class UnderPmix : public testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "forked ranks are not tested under thread sanitizer";
#endif
    if (!is_built_with_pmix()) GTEST_SKIP() << "built without PMIx";
    if (run_command("mpirun --version").exit_code != 0) GTEST_SKIP() << "no mpirun here";
    if (!starts_ranks("")) GTEST_SKIP() << "this mpirun does not speak PMIx, or cannot start here";
  }
  /// Whether mpirun can start as many ranks as the tests do, with these options.
  static bool starts_ranks(const std::string& options) {
    return run_command("timeout 200 mpirun --allow-run-as-root --oversubscribe " + options +
                       " -n 3 printenv PMIX_RANK")
               .exit_code == 0;
  }
};

Record row_with(const std::string& operation, double value) {
  Record row;
  row.probe = "test";
  row.host = host_name();
  row.operation = operation;
  return with_samples(row, {value});
}

std::string lines(const RecordList& rows) {
  std::string text;
  for (const Record& row : rows.records)
    text +=
        "row " + row.operation.str() + " " + std::to_string(static_cast<int>(row.median)) + "\n";
  return text;
}

// What each rank does; started by the tests below.
TEST(DISABLED_PmixRank, RunsLaunchesOfAllSizesAndANodeProbe) {
  const auto job = Job::create(0);
  ASSERT_EQ(job->start().kind, StartKind::pmix);
  RecordList rows;
  for (int ranks = 1; ranks <= job->size(); ++ranks)
    job->run(ranks, {}, rows, [](Communicator& c, RecordSink& sink, const auto&) {
      double sum = 0;
      for (const double rank : c.gather_all(static_cast<double>(c.rank() + 1))) sum += rank;
      sink.put(row_with("sum", sum));
    });
  job->run_per_node(rows, [](RecordSink& sink) {
    sink.put(row_with("pus", static_cast<double>(discover_machine().allowed_pus.size())));
  });
  if (job->is_writer())
    std::fputs(lines(rows).c_str(), stdout);
  else
    EXPECT_TRUE(rows.records.empty());
}

TEST(DISABLED_PmixRank, LosesARank) {
  const auto job = Job::create(0);
  RecordList rows;
  std::string message;
  try {
    job->run(job->size(), {}, rows, [](Communicator& c, RecordSink& sink, const auto& progress) {
      progress(0.5, "the planted phase");
      sink.put(row_with("before", 1));
      c.barrier();
      if (c.rank() == 1) kill(getpid(), SIGKILL);
      while (true) c.barrier();
    });
  } catch (const PeerLost& lost) {
    message = "lost " + std::to_string(lost.rank()) + ": " + lost.what();
  }
  std::printf("%s\n%s", message.c_str(), lines(rows).c_str());
}

/// Of the cpuset: a node probe under a launcher takes back what only binds a process.
std::size_t pus_of_the_host() {
  cpu_set_t before, all;
  std::memset(&all, 0xff, sizeof all);
  EXPECT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  EXPECT_EQ(sched_setaffinity(0, sizeof all, &all), 0);
  const std::size_t count = discover_machine().allowed_pus.size();
  EXPECT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
  return count;
}

void expect_ranks_meet(const std::string& binding) {
  const Output output =
      under_mpirun(3, "DISABLED_PmixRank.RunsLaunchesOfAllSizesAndANodeProbe", binding);
  EXPECT_EQ(output.exit_code, 0) << output.text;
  const std::string pus = std::to_string(pus_of_the_host());
  EXPECT_THAT(output.text,
              testing::HasSubstr("row sum 1\nrow sum 3\nrow sum 6\nrow pus " + pus + "\n"));
  EXPECT_EQ(output.text.find("row sum 1\n"), output.text.rfind("row sum 1\n")) << "one writer";
}

TEST_F(UnderPmix, RanksMeetRowsReachTheWriterAndNodeProbesSeeTheWholeHost) {
  expect_ranks_meet("--bind-to none");
}

TEST_F(UnderPmix, BoundRanksMeetAndNodeProbesSeeTheWholeHost) {
  // There may be fewer cores than ranks.
  const std::string binding = "--bind-to core:overload-allowed --map-by core:OVERSUBSCRIBE";
  if (!starts_ranks(binding)) GTEST_SKIP() << "this mpirun cannot bind ranks to cores here";
  expect_ranks_meet(binding);
}

TEST_F(UnderPmix, AKilledRankIsNamedOnAllRanks) {
  const Output output = under_mpirun(3, "DISABLED_PmixRank.LosesARank");
  std::size_t count = 0;
  for (std::size_t at = 0; (at = output.text.find("lost 1: ", at)) != std::string::npos; ++at)
    ++count;
  EXPECT_EQ(count, 3U) << output.text;
  EXPECT_THAT(output.text,
              testing::HasSubstr("was killed by signal 9 (Killed) in phase \"the planted phase\""));
  EXPECT_THAT(output.text, testing::HasSubstr("row before 1"));
}

}  // namespace
}  // namespace assay::network
