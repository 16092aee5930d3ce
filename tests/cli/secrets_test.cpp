/// Secrets of a command, its environment and what it prints: masked in every file of the run, and
/// of a redacted report nothing at all of what is somebody's own.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/cli/program.hpp"
#include "tests/paths.hpp"

namespace assay::test {
namespace {

namespace fs = std::filesystem;

/// `sentence` with a word in the place of {} that stands nowhere else.
class Planted {
 public:
  explicit Planted(std::string prefix) : prefix_(std::move(prefix)) {}
  std::string operator()(const std::string& sentence) {
    words_.push_back(fmt::format("{}{}zQ", prefix_, 1000 + words_.size()));
    return fmt::format(fmt::runtime(sentence), words_.back());
  }
  /// Those that stand in a file below `folder`, or in `also`.
  [[nodiscard]] std::vector<std::string> found(const fs::path& folder,
                                               const std::string& also = "") const {
    std::string all = also;
    for (const auto& file : fs::recursive_directory_iterator(folder))
      if (file.is_regular_file()) all += read_text(file.path());
    std::vector<std::string> found;
    for (const std::string& word : words_)
      if (const std::size_t at = all.find(word); at != std::string::npos)
        found.push_back(all.substr(at - std::min<std::size_t>(50, at), 70));
    return found;
  }
  [[nodiscard]] std::size_t count() const { return words_.size(); }

 private:
  std::string prefix_;
  std::vector<std::string> words_;
};

TEST(Secrets, OfACommandItsEnvironmentAndItsOutputReachNoFile) {
  const TemporaryFolder folder;
  Planted secret("Zq"), own("Xk");
  std::vector<std::string> command{"env"};
  for (const char* variable : {"OMP_PASSWORD={}", "UCX_API_KEY={}", "FI_AUTH_KEY={}",
                               "NCCL_TOKEN={}", "SLURM_JWT_TOKEN={}", "MKL_CLIENT_SECRET={}"})
    command.push_back(secret(variable));
  const std::string tool = folder / own("tool-{}");
  command.insert(command.end(), {ASSAY_PROGRAM, "suite", "exec", "--ranks", "1", "--launches", "1",
                                 "--no-progress", "--output", "run", "--", "sh", tool});
  for (const char* argument :
       {"--password={}", "--db-passwd={}", "--api-key={}", "--passphrase={}", "--client-secret={}",
        "--credentials={}", "--private-key={}", "--access-key={}", "--pwd={}", "--auth={}",
        "https://ada:{}@example.com/data", "postgres://ada:{}@db/x", "Authorization: Bearer {}",
        "{{\"secret\": \"{}\"}}", "MYSQL_PWD={}", "ghp_{}abcdefghijklmnopqrstuvwxyz",
        "eyJ{}.abcdefghijklmnopqrstuvwxyz"})
    command.push_back(secret(argument));
  command.insert(command.end(), {"--token", secret("{}"), "--session-key", secret("{}")});
  for (const char* argument :
       {"--user={}", "./data/{}/train.bin", "--project {}", "{}@example.com"})
    command.push_back(own(argument));
  std::ofstream script(tool);
  for (const char* line :
       {"password: {}", "export PGPASSWORD={}", "Cookie: {}", "token={} expired",
        "AWS_SECRET_ACCESS_KEY={}", "login of https://ada:{}@example.com failed"})
    script << "echo '" << secret(line) << "' >&2\n";
  script << "echo '" << own("no file /home/{}/data") << "' >&2\nexit 3\n";
  script.close();
  ASSERT_GE(secret.count(), 30u);

  const Ended ended = run_command(command, folder.path());
  EXPECT_EQ(ended.exit_status, 3) << ended.errors;
  EXPECT_THAT(secret.found(folder / "run", ended.output + ended.errors), testing::IsEmpty());
  EXPECT_THAT(own.found(folder / "run"), testing::Not(testing::IsEmpty()))
      << "run.json is the owner's";
  EXPECT_EQ(fs::status(folder / "run/run.json").permissions(), fs::perms(0600));

  const Ended report =
      run_assay({"report", "run", "--redact", "--output", "out/page.html", "--markdown",
                 "out/page.md", "--tables", "out/tables", "--charts", "out/charts"},
                folder.path());
  EXPECT_THAT(report.exit_status, testing::AnyOf(0, 3)) << report.errors;
  EXPECT_THAT(own.found(folder / "out"), testing::IsEmpty());
  EXPECT_THAT(secret.found(folder / "out"), testing::IsEmpty());
}

}  // namespace
}  // namespace assay::test
