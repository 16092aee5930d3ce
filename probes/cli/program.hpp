#pragma once
/// @file
/// The whole program: finds the command and runs it. What main does, for programs that add their
/// own workloads to it.

#include <stdexcept>

namespace assay {

/// `assay ARGUMENTS` with everything that is registered in this process. Returns the exit code;
/// every failure is one line on stderr.
[[nodiscard]] int run_program(int argc, char** argv);

/// First of all in a command that every process of a launcher runs with equal arguments: until the
/// ranks have met, what is wrong is wrong for all of them, and only the first says it.
void ranks_run_alike();
/// From now on what a rank has to say may be its alone.
void ranks_have_met();

/// Bad input that another rank has said: this one ends with exit 4 and no word.
class SaidElsewhere : public std::runtime_error {
 public:
  SaidElsewhere() : std::runtime_error("said by another rank") {}
};

}  // namespace assay
