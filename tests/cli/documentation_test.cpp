/// The documentation cannot drift: its tables are the program's own, and its commands are run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "probes/run/run_directory.hpp"
#include "tests/cli/program.hpp"
#include "tests/paths.hpp"

namespace assay::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const fs::path source = ASSAY_SOURCE_DIR;

TEST(Documentation, TablesOfColumnsAndMetricsAreTheRegistrys) {
  const TemporaryFolder folder;
  const std::string page = read_text(source / "probes/run/README.md");
  for (const char* topic : {"columns", "metrics"}) {
    const Ended list = run_assay({"list", topic}, folder.path());
    ASSERT_EQ(list.exit_status, 0) << list.errors;
    ASSERT_GT(list.output.size(), 500u);
    EXPECT_THAT(page, HasSubstr(list.output))
        << "the table of " << topic << " is out of date; run: scripts/update-docs";
  }
}

/// Lines of the blocks marked sh.
std::vector<std::string> commands_of(const std::string& markdown) {
  std::vector<std::string> commands;
  bool inside = false;
  std::istringstream lines(markdown);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("```", 0) == 0) {
      inside = !inside && line == "```sh";
    } else if (inside && !line.empty() && line[0] != '#') {
      commands.push_back(line.substr(0, line.find("  #")));
    }
  }
  return commands;
}

std::vector<std::string> words_of(const std::string& command) {
  std::istringstream in(command);
  return {std::istream_iterator<std::string>(in), {}};
}

bool is_executable(const fs::path& file) {
  struct stat status {};
  return stat(file.c_str(), &status) == 0 && (status.st_mode & S_IXUSR) != 0;
}

/// The README's commands in their order, in one folder, as a reader would type them. The scripts
/// are not run inside the tests that they start: scripts/run becomes the program it would build and
/// call, of which the run is the finished one.
TEST(FinishedRun, CommandsOfTheReadmeWork) {
  const TemporaryFolder folder;
  fs::create_directory_symlink(source / "reports", folder / "reports");
  const std::vector<std::string> commands = commands_of(read_text(source / "README.md"));
  ASSERT_GE(commands.size(), 3u);
  int runs = 0;
  for (const std::string& command : commands) {
    std::vector<std::string> words = words_of(command);
    if (words[0].rfind("scripts/", 0) == 0) {
      EXPECT_TRUE(is_executable(source / words[0])) << command;
    }
    if (words[0] == "scripts/run") {
      // What the finished run was made with, in miniature.
      words.erase(words.begin());
      EXPECT_EQ(words, quick_options) << command;
      ++runs;
      continue;
    }
    if (words[0] == "build/assay") {
      words[0] = ASSAY_PROGRAM;
    } else if (words[0] == "srun" || words[0] == "sbatch" || words[0] == "mpirun") {
      continue;  // Need a cluster; tests/lab has one.
    } else if (words[0].rfind("scripts/", 0) == 0) {
      words = {(source / words[0]).string(), "--help"};
    }
    const Ended ended = run_command(words, folder.path());
    if (command.find("assay doctor") != std::string::npos && ended.exit_status == 3)
      continue;  // It found something that would distort a measurement here: it works.
    EXPECT_EQ(ended.exit_status, 0) << command << "\n" << ended.errors;
  }
  EXPECT_EQ(runs, 1);
}

TEST(FinishedRun, HoldsEveryProbeTheStudyTheModelsAndThePage) {
  const RunData run = read_run(finished_run());
  EXPECT_EQ(run.run.at("state"), "complete");
  EXPECT_TRUE(run.warnings.empty());
  std::set<std::string> probes;
  for (const Record& record : run.records) probes.insert(record.probe.str());
  for (const char* probe : {"compute.peak_flops", "memory.bandwidth", "network.alpha_beta",
                            "counters.selftest", "collective.allreduce", "workload.gradient"})
    EXPECT_EQ(probes.count(probe), 1u) << probe;
  EXPECT_GT(count_rows(finished_run() / "models.csv"), 0u);
  const std::string page = read_text(finished_run() / "report.html");
  EXPECT_THAT(page, HasSubstr("<svg"));
  EXPECT_EQ(page.find("<script src"), std::string::npos);
  EXPECT_EQ(page.find("src=\"http"), std::string::npos);
  EXPECT_EQ(page.find("href=\"http"), std::string::npos);
}

}  // namespace
}  // namespace assay::test
