/// The real program where the environment says that others take part: it joins them or refuses, and
/// says who takes part.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/cli/program.hpp"
#include "tests/paths.hpp"

namespace assay::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Ended run_with(const std::vector<std::string>& variables, const std::vector<std::string>& arguments,
               const std::filesystem::path& folder) {
  std::vector<std::string> command = {"env"};
  command.insert(command.end(), variables.begin(), variables.end());
  command.push_back(ASSAY_PROGRAM);
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_command(command, folder);
}

TEST(ALargerJob, ThatCannotBeJoinedEndsWithExit4AndMeasuresNothing) {
  const TemporaryFolder folder;
  for (const std::vector<std::string>& variables :
       std::vector<std::vector<std::string>>{{"WORLD_SIZE=4", "RANK=0"},
                                             {"JOB_COMPLETION_INDEX=1"},
                                             {"SLURM_JOB_NUM_NODES=8", "SLURM_NTASKS=64"},
                                             {"PMIX_RANK=0"},
                                             {"PMI_RANK=0", "PMI_SIZE=4"}}) {
    const std::string sign = variables.front();
    for (const char* command : {"run", "probe", "suite"}) {
      const Ended ended = run_with(variables, {command, "--profile", "quick"}, folder.path());
      EXPECT_EQ(ended.exit_status, 4) << sign;
      EXPECT_EQ(ended.output, "") << sign;
      EXPECT_EQ(std::ranges::count(ended.errors, '\n'), 1) << ended.errors;
      EXPECT_THAT(ended.errors, AllOf(HasSubstr(sign), HasSubstr("--alone")));
    }
  }
  EXPECT_TRUE(run_directories(folder.path()).empty());
}

TEST(ALargerJob, IsRefusedInOneLineOfItsFirstRank) {
  const TemporaryFolder folder;
  for (const char* rank : {"PMIX_RANK=1", "PMI_RANK=3", "SLURM_PROCID=2"}) {
    const Ended ended = run_with({rank, "SLURM_STEP_NUM_TASKS=4"}, {"run"}, folder.path());
    EXPECT_EQ(ended.exit_status, 4) << rank;
    EXPECT_EQ(ended.errors, "") << rank;
  }
}

TEST(ALargerJob, IsLeftOutWithAlone) {
  const TemporaryFolder folder;
  const Ended ended =
      run_with({"SLURM_JOB_NUM_NODES=8", "PMIX_RANK=1"},
               {"run", "--dry-run", "--profile", "quick", "--alone"}, folder.path());
  EXPECT_EQ(ended.exit_status, 0) << ended.errors;
  EXPECT_THAT(ended.output, StartsWith("1 host, "));
}

TEST(ThePlan, SaysFirstWhoTakesPartAndSoDoesTheRun) {
  const TemporaryFolder folder;
  const Ended plan = run_assay({"probe", "--dry-run", "--ranks", "3"}, folder.path());
  EXPECT_THAT(plan.output, StartsWith("1 host, 3 ranks, started by fork\n"));
  const Ended ended = run_assay({"probe", "counters", "--ranks", "3", "--profile", "quick",
                                 "--rounds", "1", "--output", "run"},
                                folder.path());
  ASSERT_EQ(ended.exit_status, 0) << ended.errors;
  const auto run = nlohmann::json::parse(read_text(folder / "run/run.json"));
  EXPECT_EQ(run.at("participants"), "1 host, 3 ranks, started by fork");
  ASSERT_THAT(run_assay({"report", "run"}, folder.path()).exit_status, ::testing::AnyOf(0, 3));
  EXPECT_THAT(read_text(folder / "run/report.html"),
              HasSubstr("</h1><p class=\"facts\">1 host, 3 ranks, started by fork</p>"));
}

TEST(RanksBeyondReason, AreRefusedAtOnceWithTheMostThatMakesSense) {
  const TemporaryFolder folder;
  const Ended ended = run_assay({"run", "--dry-run", "--ranks", "999999999"}, folder.path());
  EXPECT_EQ(ended.exit_status, 4);
  EXPECT_THAT(ended.errors, AllOf(HasSubstr("999999999"), HasSubstr("at most")));
}

TEST(AProviderFilterLeftInTheEnvironment, IsNamed) {
  const TemporaryFolder folder;
  const Ended ended = run_with(
      {"FI_PROVIDER=nonsense"},
      {"probe", "network.alpha_beta", "--ranks", "2", "--profile", "quick"}, folder.path());
  EXPECT_EQ(ended.exit_status, 4) << ended.errors;
  EXPECT_THAT(ended.errors, HasSubstr("FI_PROVIDER=nonsense"));
  EXPECT_TRUE(run_directories(folder.path()).empty());
}

}  // namespace
}  // namespace assay::test
