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

/// Against hanging only: ten times what the longest command of a test takes where nothing else
/// runs. How fast a program is on a busy machine no test may ask.
inline constexpr Seconds hanging = 600_s;

/// What the program left behind when it ended.
struct Ended {
  int exit_status = -1;  ///< -1: ended by a signal, or killed at the deadline.
  bool timed_out = false;
  std::string output, errors;
};

/// Runs `assay ARGUMENTS` in `folder`.
[[nodiscard]] Ended run_assay(const std::vector<std::string>& arguments,
                              const std::filesystem::path& folder, Seconds limit = hanging);
[[nodiscard]] Ended run_command(const std::vector<std::string>& command,
                                const std::filesystem::path& folder, Seconds limit = hanging);

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
  [[nodiscard]] Ended wait(Seconds limit = hanging);
  /// Of the group and of orphans it left to this process (the test must be a subreaper).
  [[nodiscard]] bool left_processes() const;

 private:
  std::filesystem::path folder_;
  pid_t pid_ = -1;
  bool ended_ = false;
};

/// What the README tells everybody to begin with.
inline const std::vector<std::string> quick_options = {"--profile", "quick"};
/// Added to those, it does all it ever does, but on few points with few samples, in seconds.
inline const std::vector<std::string> miniature_options = {"--memory.bandwidth.time_cap",
                                                           "2ms",
                                                           "--memory.latency.time_cap",
                                                           "2ms",
                                                           "--bytes",
                                                           "8B,64KiB",
                                                           "--patterns",
                                                           "ping_pong",
                                                           "--algorithm",
                                                           "recursive_doubling",
                                                           "--ranks",
                                                           "1,2",
                                                           "--launches",
                                                           "1",
                                                           "--rows",
                                                           "2000",
                                                           "--rounds",
                                                           "2",
                                                           "--memory-cap",
                                                           "256MiB"};
/// The run directory of `assay run` with both, with its report: read it, and copy what you want to
/// change. Made once for all tests, and kept with the build until the program changes: by CTest
/// before the tests whose suite is named FinishedRun..., else by who asks first. Beside it are
/// .stdout and .stderr.
[[nodiscard]] const std::filesystem::path& finished_run();
/// A copy of it, `folder`/run.
void copy_finished_run(const std::filesystem::path& folder);

[[nodiscard]] std::string read_text(const std::filesystem::path& file);
/// Lines after the header; 0 when there is no file yet.
[[nodiscard]] std::size_t count_rows(const std::filesystem::path& csv);
/// Run directories below `folder`, default names or not: those that hold a run.json.
[[nodiscard]] std::vector<std::filesystem::path> run_directories(
    const std::filesystem::path& folder);
[[nodiscard]] bool is_installed(const std::string& program);

}  // namespace assay::test
