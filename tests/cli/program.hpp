#pragma once
/// @file
/// The real program as its users meet it: started, interrupted, and looked at from outside.

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "probes/core/units.hpp"
#include "tests/temporary_folder.hpp"

namespace assay::test {

/// What the program left behind when it ended.
struct Ended {
  int exit_status = -1;  ///< -1: ended by a signal, or killed at the deadline.
  bool timed_out = false;
  std::string output, errors;
};

/// Runs `assay ARGUMENTS` in `folder`. A wrong command line ends at once; a run takes what it
/// takes.
[[nodiscard]] Ended run_assay(const std::vector<std::string>& arguments,
                              const std::filesystem::path& folder, Seconds limit = 120_s);
[[nodiscard]] Ended run_command(const std::vector<std::string>& command,
                                const std::filesystem::path& folder, Seconds limit = 120_s);

/// A program that runs now, leader of its own process group.
class Running {
 public:
  Running(const std::vector<std::string>& command, const std::filesystem::path& folder);
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// As Ctrl-C in a terminal: to the whole process group.
  void send_to_group(int signal) const;
  [[nodiscard]] Ended wait(Seconds limit);
  /// Of the group and of orphans it left to this process (the test must be a subreaper).
  [[nodiscard]] bool left_processes() const;

 private:
  std::filesystem::path folder_;
  pid_t pid_ = -1;
  bool ended_ = false;
};

[[nodiscard]] std::string read_text(const std::filesystem::path& file);
/// Lines after the header; 0 when there is no file yet.
[[nodiscard]] std::size_t count_rows(const std::filesystem::path& csv);
/// Run directories below `folder`, default names or not: those that hold a run.json.
[[nodiscard]] std::vector<std::filesystem::path> run_directories(
    const std::filesystem::path& folder);
[[nodiscard]] bool is_installed(const std::string& program);

}  // namespace assay::test
