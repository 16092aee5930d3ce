#pragma once
/// @file
/// Command lines of launchers as logs and parameters of timers show them: "mpirun -np 4 ./a".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assay::import {

struct LaunchedRanks {
  std::int64_t ranks = 0;
  std::size_t begin = 0, end = 0;  ///< Where the number stands in the line.
};

/// The ranks that a line starts: behind -n, -np, --np, --ntasks of mpirun, mpiexec, orterun, prun,
/// srun or aprun, before the program's name. Nothing where there is no launcher, no such option, no
/// whole number above 0 behind it, or several programs (MPMD).
[[nodiscard]] std::optional<LaunchedRanks> launched_ranks(std::string_view line);

/// Whether one of those launchers is a word of the line.
[[nodiscard]] bool names_launcher(std::string_view line);

/// What a shell's line launches and prints here.
struct LaunchedProgram {
  std::int64_t ranks = 0, nodes = 0;  ///< 0: not said.
  std::string without_counts;         ///< The command without its number of ranks.
};
/// Of the command of the line (they stand between &&, ||, ; and |) that launches a program whose
/// name holds `name`. Nothing where there is none, and where its output goes to a file.
[[nodiscard]] std::optional<LaunchedProgram> launched_program(std::string_view line,
                                                              std::string_view name);

}  // namespace assay::import
