#pragma once
/// @file
/// Starting ranks: by fork when nobody else takes part, else as one of the processes that a
/// launcher, a scheduler, ssh or the user started (start.hpp).

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "probes/core/record_sink.hpp"
#include "probes/core/units.hpp"
#include "probes/network/launch/start.hpp"
#include "probes/network/transport/communicator.hpp"
#include "probes/network/transport/waiting.hpp"

namespace assay::network {

/// One job: the ranks a run may use. Under PMIx every rank creates it, and its destruction is
/// collective: the writer's files are to be finished before, because a launcher may kill everybody
/// when the first process ends with an exit code other than 0.
class Job {
 public:
  /// `ranks_wanted` counts only without a launcher (0: one per core of this machine), `timeout`
  /// only under one: within it all ranks must have come. Throws UsageError for more ranks than a
  /// host can sensibly hold, and for a sign of a larger job that cannot be joined.
  static std::unique_ptr<Job> create(int ranks_wanted, Seconds timeout = 20_s,
                                     const StartOptions& options = {});
  virtual ~Job() = default;

  /// How its processes came to be.
  [[nodiscard]] virtual const Start& start() const = 0;
  /// Of this process: 0 in the parent of forked ranks.
  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int size() const = 0;
  [[nodiscard]] virtual const std::vector<Place>& places() const = 0;
  [[nodiscard]] bool is_writer() const { return rank() == 0; }
  [[nodiscard]] int node_count() const;
  /// "2 hosts, 8 ranks, started by fork": who takes part.
  [[nodiscard]] std::string participants() const;
  /// True when the first `ranks` ranks are more than the cores of a host they live on.
  [[nodiscard]] virtual bool is_oversubscribed(int ranks) const = 0;

  struct Options {
    std::string provider;    ///< Empty: the best for the places of the ranks.
    Seconds timeout = 20_s;  ///< A rank that does not answer ends the launch within it.
    Waiting waiting = Waiting::block;
    /// Called on the writer with each fraction; may be empty.
    std::function<void(double fraction, const std::string& step)> progress;
    /// Set in the ranks before they load a provider, e.g. {"FI_SHM_DISABLE_CMA", "1"}.
    std::vector<std::pair<std::string, std::string>> environment = {};
  };
  using Body = std::function<void(Communicator&, RecordSink& sink,
                                  const std::function<void(double, const std::string&)>& progress)>;

  /// A launch: runs `body` on the first `ranks` ranks with a fresh communicator, in new processes
  /// that are pinned one per core. Without a launcher this process forks all of them; under PMIx
  /// every process calls it, forks its own rank and supervises it, and those beyond `ranks` sleep.
  /// What `body` changes in memory stays in the rank: results leave through the sink, and reach
  /// `sink` on the writer as they are put. Throws on all ranks alike: PeerLost (rank, host, phase)
  /// when a rank dies, TimedOut, Interrupted, RunError, UsageError for an unknown provider.
  virtual void run(int ranks, const Options& options, RecordSink& sink, const Body& body) = 0;

  /// Runs `body` in one process per host (a node probe), on all PUs of the host; rows reach `sink`
  /// on the writer.
  virtual void run_per_node(RecordSink& sink,
                            const std::function<void(RecordSink& sink)>& body) = 0;

  /// What the writer passes, on every rank: for decisions that all must take alike. Every rank of a
  /// launcher calls it.
  [[nodiscard]] virtual std::string from_writer(const std::string& text) = 0;
};

/// A job of ranks forked on this host, whatever launcher there is: for a node probe that compares
/// launches.
[[nodiscard]] std::unique_ptr<Job> make_local_job(int ranks);

}  // namespace assay::network
