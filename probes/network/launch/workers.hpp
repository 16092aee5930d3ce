#pragma once
/// @file
/// Forked ranks and the process that supervises them.
///
/// The supervisor never touches libfabric: every launch starts in fresh processes, so settings in
/// the environment count, and a rank that dies in a provider takes nothing with it. It learns of a
/// death by pidfd, of a rank that is stopped by waitid, of a hang by the ranks' own deadlines; then
/// the rest get a moment to leave and are killed. It sweeps what the shm provider leaves in
/// /dev/shm. A supervisor that dies takes its ranks with it (PR_SET_PDEATHSIG).

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "probes/core/record_sink.hpp"
#include "probes/network/launch/launch.hpp"
#include "probes/network/launch/row_pipe.hpp"
#include "probes/network/transport/control_block.hpp"

namespace assay::network {

struct WorkerOptions {
  std::vector<Place> places;  ///< Of all ranks of the launch.
  std::vector<int> local;     ///< The ranks to fork here.
  Job::Options options;
  Seconds ending = Seconds(0);  ///< See longest_wait().
  bool yield = false;           ///< More ranks than cores.
};

/// Of a rank for another, so that everything has ended within the timeout. `ending`: what passes
/// after the last rank of this host has left (the launcher's ways); 0 without a launcher.
[[nodiscard]] Seconds longest_wait(Seconds timeout, Seconds ending);

/// The other supervisors of a launch, under PMIx. Under fork there are none.
class RemoteSupervisors {
 public:
  virtual ~RemoteSupervisors() = default;
  /// A local rank published `bytes` in `round`: bring those of the remote ranks to the control
  /// block. Must not block.
  virtual void gather(unsigned round, std::string_view bytes) = 0;
  /// Called at least every 50 ms. What became known of remote ranks, if they failed.
  virtual std::optional<Failure> poll() = 0;
  /// A local rank failed: tell the others.
  virtual void announce(const Failure& failure) = 0;
};

/// "rank 2 on node7"
[[nodiscard]] std::string rank_name(const std::vector<Place>& places, int rank);

/// Runs `body` in forked ranks; rank 0's rows go to `sink`. Nothing, or why the launch failed. No
/// worker is left when it returns or throws (which it does when `sink` does).
[[nodiscard]] std::optional<Failure> run_workers(const WorkerOptions& worker_options,
                                                 ControlBlock control, RecordSink& sink,
                                                 const Job::Body& body, RemoteSupervisors* remote);

/// Runs `body` in a child process and returns the text it returns: for asking libfabric without
/// initialising it here. Throws RunError when the child fails, TimedOut after `limit`.
[[nodiscard]] std::string run_in_child(const std::function<std::string()>& body, Seconds limit);

}  // namespace assay::network
