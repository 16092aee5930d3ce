#pragma once
/// @file
/// Runs one command of the user and collects what it prints.
///
/// The command gets a session of its own. At the deadline and on Ctrl-C everything it started is
/// asked to end (SIGTERM, so that mpirun can stop ranks on other hosts) and killed after a grace;
/// when it has ended but left processes behind they are killed at once, also those that made a
/// session or a group of their own: nothing of one launch runs on into the next.
/// Not for several threads at once: orphans of any child of this process count as the command's.

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "probes/core/units.hpp"

namespace assay {

struct ProcessResult {
  int start_error = 0;  ///< errno of a command that could not be started; 0: it was.
  int exit_status = 0;  ///< Meaningful when `signal` is 0 and not timed out.
  int signal = 0;       ///< That ended it; 0 for none.
  bool timed_out = false;
  bool output_cut = false;  ///< Standard output was longer than the limit; the rest was dropped.
  std::string output;       ///< Standard output.
  std::string errors;       ///< The end of standard error.
  Seconds wall;             ///< From before its start to its end, its orphans not counted.
  [[nodiscard]] bool succeeded() const {
    return start_error == 0 && exit_status == 0 && signal == 0 && !timed_out;
  }
  /// "exit status 3", "killed by signal 11 (Segmentation fault)", "did not end within 30 s".
  [[nodiscard]] std::string describe(Seconds timeout) const;
};

/// What a command may take. Memory is bounded whatever it prints.
struct ProcessLimits {
  Seconds timeout;
  std::size_t output = std::size_t{64} << 20;
  std::size_t errors = 4096;                                  ///< Of these the end is kept.
  enum class Keep { beginning, end } keep = Keep::beginning;  ///< Of a longer standard output.
};

/// Runs `arguments[0]`, searched in PATH, with an empty standard input and without a shell.
/// @param environment added to this process's own.
/// Throws RunError when no process can be made, Interrupted when the user asks to stop.
[[nodiscard]] ProcessResult run_command(const std::vector<std::string>& arguments,
                                        const ProcessLimits& limits,
                                        const std::map<std::string, std::string>& environment = {});

/// `/bin/sh -c COMMAND`, so that quoting, pipes and variables mean what they mean in the user's
/// shell script.
[[nodiscard]] ProcessResult run_shell(const std::string& command, Seconds timeout,
                                      const std::map<std::string, std::string>& environment = {},
                                      std::size_t output_limit = std::size_t{64} << 20);

/// `text` as one word of the shell, whatever it holds.
[[nodiscard]] std::string shell_quote(const std::string& text);

}  // namespace assay
