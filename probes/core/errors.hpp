#pragma once
/// @file
/// The exceptions of Assay and the exit code each one ends in. A bug is an assert; an expected
/// non-measurement is a Status (outcome.hpp); what is thrown here is a broken run or a wrong input.

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace assay {

/// Exit codes of every command.
enum class ExitCode : int {
  done = 0,
  regression = 1,
  inconclusive = 2,
  environment_differs = 3,  ///< Or a validity check failed: no verdict.
  bad_input = 4,            ///< Bad usage, bad input, or a fault of the tool.
  partial = 5,              ///< A peer died, the time ran out, or the user interrupted.
};

/// What a terminal can show on one line of bearable length, whatever a file or a user put into the
/// message: control characters and bytes that are no UTF-8 as escapes, the rest of a long one as
/// "...".
[[nodiscard]] std::string one_line(std::string_view message);

/// The command line is wrong. The message is one line: what, where, and what was expected. Exit 4.
class UsageError : public std::runtime_error {
 public:
  explicit UsageError(const std::string& message);
};

/// A file is wrong. The message reads "FILE:LINE: column COLUMN: PROBLEM; expected EXPECTED".
/// Exit 4.
class InputError : public std::runtime_error {
 public:
  explicit InputError(const std::string& message);
  /// `line` 0 and an empty `column` mean: the file as a whole, the line as a whole.
  InputError(const std::string& file, std::size_t line, const std::string& column,
             const std::string& problem, const std::string& expected);
};

/// A run that cannot go on (a lost peer, a full disk): what was measured so far is on disk. Exit 5.
class RunError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A wait passed its deadline. Exit 5.
class TimedOut : public RunError {
  using RunError::RunError;
};

/// A rank is gone. The message names rank, host and phase. Exit 5.
class PeerLost : public RunError {
 public:
  PeerLost(int rank, const std::string& message) : RunError(message), rank_(rank) {}
  [[nodiscard]] int rank() const { return rank_; }

 private:
  int rank_;
};

/// The user asked to stop (SIGINT, SIGTERM). Exit 5.
class Interrupted : public RunError {
 public:
  Interrupted() : RunError("interrupted") {}
};

}  // namespace assay
