// The CI templates: their shell parts run here as each system would run them, in a repository of
// two commits. `cmake` is a stand-in that "builds" a program whose time stands in the commit; git
// and assay are the real ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "probes/process/subprocess.hpp"
#include "tests/paths.hpp"
#include "tests/temporary_folder.hpp"

namespace assay::gate {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(const std::string& file) {
  std::ifstream in(std::string(ASSAY_SOURCE_DIR) + "/reports/gate/templates/" + file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t indent_of(const std::string& line) {
  const std::size_t first = line.find_first_not_of(' ');
  return first == std::string::npos ? line.size() : first;
}

/// The block scalars ("KEY: |" or "- |") and one-line items below `key`, in order, as YAML reads
/// them.
std::string shell_below(const std::vector<std::string>& lines, const std::string& key) {
  std::string shell;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t at = lines[i].find(key);
    if (at == std::string::npos || lines[i].find_first_not_of(" -") != at) continue;
    const std::size_t outer = indent_of(lines[i]);
    const bool is_block = lines[i].ends_with("|");
    for (++i; i < lines.size() && (lines[i].empty() || indent_of(lines[i]) > outer); ++i) {
      std::string line = lines[i];
      if (!is_block && line.find("- ") == indent_of(line)) line.erase(0, indent_of(line) + 2);
      shell += line == "|" ? "" : line + "\n";
    }
    --i;
  }
  return shell;
}

/// Between the triple quotes, with Groovy's escape of the backslash undone.
std::string shell_of_jenkinsfile() {
  std::string text;
  for (const std::string& line : lines_of("Jenkinsfile")) text += line + "\n";
  const std::size_t start = text.find("'''") + 3;
  std::string shell = text.substr(start, text.find("'''", start) - start);
  for (std::size_t at = shell.find("\\\\"); at != std::string::npos;
       at = shell.find("\\\\", at + 1))
    shell.erase(at, 1);
  return shell;
}

class Templates : public testing::Test {
 protected:
  void SetUp() override {
    if (run_shell("git --version", Seconds(10)).exit_status != 0) GTEST_SKIP() << "no git here";
    fs::create_directories(folder_ / "bin");
    fs::create_symlink(ASSAY_PROGRAM, folder_ / "bin/assay");
    write("bin/cmake", R"(#!/bin/sh
[ "$1" = --build ] || exit 0
mkdir -p "$2" && cp "$2/../bench.sh" "$2/bench" && chmod +x "$2/bench"
)");
    fs::permissions(folder_ / "bin/cmake", fs::perms::owner_all);
  }

  void write(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }

  static std::string program(const std::string& name, int microseconds, int cpus = 4) {
    return "#!/bin/sh\necho '{\"context\": {\"num_cpus\": " + std::to_string(cpus) +
           "}, \"benchmarks\": [{\"name\": \"" + name +
           "\", \"run_type\": \"iteration\", \"real_time\": " + std::to_string(microseconds) +
           ", \"time_unit\": \"us\"}]}'\n";
  }

  /// Exit status of `shell` under `interpreter` in the checkout of the head commit.
  int run(const std::string& interpreter, const std::string& shell, const std::string& base,
          const std::string& head) {
    fs::remove_all(folder_ / "work");
    write("work/checkout/bench.sh", base);
    const std::string git =
        "git -c user.name=test -c user.email=test@example.invalid -c init.defaultBranch=main ";
    const std::string set_up =
        "cd " + shell_quote((folder_ / "work/checkout").string()) +
        " && unset GITHUB_ACTIONS GITHUB_STEP_SUMMARY GIT_DIR && export PATH=" +
        shell_quote((folder_ / "bin").string()) + ":$PATH && ";
    EXPECT_EQ(run_shell(set_up + git + "init -q && git add . && " + git + "commit -qm base && " +
                            "git update-ref refs/remotes/origin/main HEAD",
                        Seconds(60))
                  .exit_status,
              0);
    write("work/checkout/bench.sh", head);
    write("script", shell);
    EXPECT_EQ(run_shell(set_up + git + "commit -q --allow-empty -am head", Seconds(60)).exit_status,
              0);
    const ProcessResult result = run_shell(
        set_up + "export BASE_COMMIT=$(git rev-parse HEAD~1) && " +
            "export CI_MERGE_REQUEST_DIFF_BASE_SHA=$BASE_COMMIT && unset CHANGE_TARGET && " +
            interpreter + " " + shell_quote((folder_ / "script").string()),
        Seconds(120));
    said_ = result.output + result.errors;
    return result.exit_status;
  }

  /// All outcomes but that of another environment.
  void expect_outcomes(const std::string& interpreter, const std::string& shell) {
    ASSERT_NE(shell.find("assay gate"), std::string::npos) << shell;
    EXPECT_EQ(run(interpreter, shell, program("a", 100), program("a", 100)), 0) << said_;
    EXPECT_TRUE(fs::exists(folder_ / "work/checkout/assay-gate/junit.xml")) << said_;
    EXPECT_EQ(run(interpreter, shell, program("a", 100), program("a", 120)), 1) << said_;
    EXPECT_EQ(run(interpreter, shell, program("a", 100), program("b", 100)), 2) << said_;
    EXPECT_NE(said_.find("missing in"), std::string::npos) << said_;
    EXPECT_EQ(run(interpreter, shell, program("a", 100), "#!/bin/sh\nexit 7\n"), 4) << said_;
  }

  test::TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path();
  std::string said_;
};

TEST_F(Templates, GitHubActions) {
  // Each step is a script of its own; joined, they run in the same order and stop at the same
  // place.
  const std::string shell = shell_below(lines_of("github-actions.yml"), "run:");
  const std::string interpreter = "bash --noprofile --norc -eo pipefail";
  expect_outcomes(interpreter, shell);
  EXPECT_EQ(run(interpreter, shell, program("a", 100, 4), program("a", 100, 8)), 0) << said_;
  EXPECT_NE(said_.find("::warning title=performance gate::no verdict (exit 3)"), std::string::npos)
      << said_;
}

TEST_F(Templates, GitLab) {
  // allow_failure.exit_codes turns 2 and 3 into warnings there.
  expect_outcomes("bash -eo pipefail", shell_below(lines_of("gitlab-ci.yml"), "script:"));
}

TEST_F(Templates, Jenkins) {
  // The stage reads the status: 2 and 3 make the build unstable.
  expect_outcomes("sh -xe", shell_of_jenkinsfile());
}

}  // namespace
}  // namespace assay::gate
