#pragma once
/// @file
/// What a launcher's process manager is asked for: who this process is among how many, and to bring
/// a short text of each process to all. That introduces the processes of a job to each other; from
/// then on they talk over their own connections (rendezvous.hpp), under every launcher alike.
///
/// Adding a process manager is one file that implements this.

#include <memory>
#include <string>
#include <vector>

#include "probes/core/units.hpp"

namespace assay::network {

class ProcessManager {
 public:
  virtual ~ProcessManager() = default;
  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int size() const = 0;
  /// Collective over all processes, in the same order: puts `mine`, waits for all, gets everyone's,
  /// by rank. A text is one line of printable ASCII without spaces, at most `longest` bytes. Throws
  /// TimedOut when not all have come within `limit`, RunError when the manager fails, Interrupted.
  [[nodiscard]] virtual std::vector<std::string> share(const std::string& mine, Seconds limit) = 0;
  /// The introductions are over. A manager that would kill all processes when one ends early is
  /// left here, so that the others can write down what was measured.
  virtual void introduced() {}

  static constexpr std::size_t longest = 1000;
};

/// Of a PMIx server (mpirun of Open MPI, srun --mpi=pmix). Nothing when none answers, or in a build
/// without PMIx.
[[nodiscard]] std::unique_ptr<ProcessManager> connect_to_pmix();
[[nodiscard]] bool is_built_with_pmix();

/// Of a server of the PMI-1 protocol at the descriptor in PMI_FD: Hydra (MPICH, Intel MPI), Flux,
/// and Slurm's srun --mpi=pmi2, which speaks PMI-1 to those who ask for it. Nothing when the
/// descriptor is closed. Throws RunError when it answers wrongly.
[[nodiscard]] std::unique_ptr<ProcessManager> connect_to_pmi1();

}  // namespace assay::network
