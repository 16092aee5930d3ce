#pragma once
/// @file
/// The whole program: finds the command and runs it. What main does, for programs that add their
/// own workloads to it.

namespace assay {

/// `assay ARGUMENTS` with everything that is registered in this process. Returns the exit code;
/// every failure is one line on stderr.
[[nodiscard]] int run_program(int argc, char** argv);

}  // namespace assay
