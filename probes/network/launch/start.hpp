#pragma once
/// @file
/// How this process was started, read from its environment: alone, or as one of several whom a
/// launcher, a scheduler or a container system started together.
///
/// Nobody measures alone unnoticed: a sign of a larger job that cannot be joined is an error that
/// names the sign and the command to use. `--alone` overrides it. Adding a kind of start is one
/// entry in start_signs.cpp.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "probes/core/units.hpp"
#include "probes/network/launch/host_address.hpp"

namespace assay::network {

/// What the command line says about the start; empty: the environment decides.
struct StartOptions {
  bool alone = false;         ///< This host only, whatever the environment says.
  bool starts_ranks = false;  ///< A command that starts its own ranks may leave hosts to them.
  std::string rendezvous;     ///< HOST:PORT of rank 0.
  std::optional<int> rank, size;
  std::string key_file;  ///< Of the job key.
  std::vector<std::string> hosts;  ///< To start on over ssh.
  bool copy = false;               ///< The program first.
  std::optional<Seconds> patience;  ///< For ranks that have not come; nothing: that of the job.
};

/// Looks up a variable. An empty one counts as not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
[[nodiscard]] Environment process_environment();

/// Of rank 0 where only its host is known.
constexpr std::uint16_t default_port = 29600;

enum class StartKind { fork, pmix, pmi1, rendezvous, ssh };
[[nodiscard]] std::string to_string(StartKind kind);

/// A start that can be carried out.
struct Start {
  StartKind kind = StartKind::fork;
  std::string by = "fork";  ///< For the user: "PMIx (mpirun, srun --mpi=pmix)".
  int rank = 0, size = 1;   ///< Of a rendezvous; a process manager says its own.
  HostPort at = {};         ///< Of rank 0, for a rendezvous.
};

/// What one part of the environment says.
struct Sign {
  std::string text;    ///< "SLURM_JOB_NUM_NODES=8: a Slurm job of 8 nodes, and no srun step".
  std::string remedy;  ///< "start with `srun --mpi=pmix assay run`".
  bool is_one_of_many = true;  ///< False: other hosts are reserved, no process runs there yet.
  std::optional<Start> join = std::nullopt;  ///< How to join it; nothing: it cannot be joined.
};

/// All signs of a larger job, the innermost start first.
[[nodiscard]] std::vector<Sign> signs_of_a_larger_job(const StartOptions& options,
                                                      const Environment& environment);

/// The first pod of the Indexed Job or JobSet that the pod of this name and index belongs to:
/// "trial-3.trial.default.svc.cluster.local", 3 gives "trial-0.trial.default.svc.cluster.local".
/// Nothing when the name does not end in the index.
[[nodiscard]] std::optional<std::string> first_pod(const std::string& pod, int index);

/// Fork where no sign says otherwise, else the first start that can be joined. Throws UsageError.
[[nodiscard]] Start choose_start(const StartOptions& options, const Environment& environment);

/// The error of a larger job that cannot be joined: sign, remedy, and --alone.
[[nodiscard]] std::string cannot_join(const Sign& sign);

}  // namespace assay::network
