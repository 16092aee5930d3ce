#pragma once
/// @file
/// How this process was started, read from its environment: alone, or as one of several whom a
/// launcher, a scheduler or a container system started together.
///
/// Nobody measures alone unnoticed: a sign of a larger job that cannot be joined is an error that
/// names the sign and the command to use. `--alone` overrides it. Adding a kind of start is one
/// entry in start_signs.cpp.

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace assay::network {

/// What the command line says about the start; empty: the environment decides.
struct StartOptions {
  bool alone = false;         ///< This host only, whatever the environment says.
  bool starts_ranks = false;  ///< A command that starts its own ranks may leave hosts to them.
};

/// Looks up a variable. An empty one counts as not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
[[nodiscard]] Environment process_environment();

enum class StartKind { fork, pmix };

/// A start that can be carried out.
struct Start {
  StartKind kind = StartKind::fork;
  std::string by = "fork";  ///< For the user: "PMIx (mpirun, srun --mpi=pmix)".
};

/// What one part of the environment says.
struct Sign {
  std::string text;    ///< "SLURM_JOB_NUM_NODES=8: a Slurm job of 8 nodes, and no srun step".
  std::string remedy;  ///< "start with `srun --mpi=pmix assay run`".
  bool is_one_of_many = true;  ///< False: other hosts are reserved, no process runs there yet.
  std::optional<Start> join = std::nullopt;  ///< How to join it; nothing: it cannot be joined.
};

/// All signs of a larger job, the innermost start first.
[[nodiscard]] std::vector<Sign> signs_of_a_larger_job(const Environment& environment);

/// Fork where no sign says otherwise, else the first start that can be joined. Throws UsageError.
[[nodiscard]] Start choose_start(const StartOptions& options, const Environment& environment);

/// The error of a larger job that cannot be joined: sign, remedy, and --alone.
[[nodiscard]] std::string cannot_join(const Sign& sign);

}  // namespace assay::network
