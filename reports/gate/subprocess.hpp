#pragma once
/// @file
/// Runs one command of the user and collects what it prints.
///
/// `/bin/sh -c COMMAND`, so that quoting, pipes and variables mean what they mean in the user's
/// shell script. It gets a process group of its own, which is killed as a whole at the deadline, on
/// Ctrl-C and when the command has ended but left children behind: nothing of one launch runs on
/// into the next.

#include <map>
#include <string>

#include "probes/core/units.hpp"

namespace assay::gate {

struct ProcessResult {
  int exit_status = 0;  ///< Meaningful when `signal` is 0 and not timed out.
  int signal = 0;       ///< That ended it; 0 for none.
  bool timed_out = false;
  bool output_cut = false;  ///< Standard output was longer than the limit; the rest was dropped.
  std::string output;       ///< Standard output.
  std::string errors;       ///< The last 4 KiB of standard error.
  Seconds wall;
  [[nodiscard]] bool succeeded() const { return exit_status == 0 && signal == 0 && !timed_out; }
  /// "exit status 3", "killed by signal 11 (Segmentation fault)", "did not end within 30 s".
  [[nodiscard]] std::string describe(Seconds timeout) const;
};

/// @param environment added to this process's own.
/// Throws RunError when no process can be made, Interrupted when the user asks to stop.
[[nodiscard]] ProcessResult run_shell(const std::string& command, Seconds timeout,
                                      const std::map<std::string, std::string>& environment = {},
                                      std::size_t output_limit = std::size_t{64} << 20);

/// `text` as one word of the shell, whatever it holds.
[[nodiscard]] std::string shell_quote(const std::string& text);

}  // namespace assay::gate
