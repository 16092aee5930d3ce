#include "probes/network/launch/launch.hpp"
#include "probes/core/host_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <set>

#include "probes/core/errors.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/host/topology.hpp"
#include "probes/network/launch/pmix_job.hpp"
#include "probes/network/launch/workers.hpp"

namespace assay::network {

namespace {

/// More would wait for a core a hundred times longer than they run.
int most_ranks_of(std::size_t cores) {
  return std::max(1024, 64 * static_cast<int>(cores));
}

/// No launcher: this process forks the ranks and supervises them.
class ForkJob final : public Job {
 public:
  explicit ForkJob(int ranks_wanted) : cores_(discover_machine().one_pu_per_core) {
    const int ranks = ranks_wanted > 0 ? ranks_wanted : static_cast<int>(cores_.size());
    if (ranks > most_ranks_of(cores_.size()))
      throw UsageError(
          fmt::format("--ranks: {} ranks on this host of {} core{}; expected at most {}", ranks,
                      cores_.size(), cores_.size() == 1 ? "" : "s", most_ranks_of(cores_.size())));
    for (int rank = 0; rank < ranks; ++rank)
      places_.push_back(
          {host_name(), 0, rank, cores_[static_cast<std::size_t>(rank) % cores_.size()], cores_});
  }

  const Start& start() const override { return start_; }
  int rank() const override { return 0; }
  int size() const override { return static_cast<int>(places_.size()); }
  const std::vector<Place>& places() const override { return places_; }
  bool is_oversubscribed(int ranks) const override {
    return ranks > static_cast<int>(cores_.size());
  }

  void run(int ranks, const Options& options, RecordSink& sink, const Body& body) override {
    assert(ranks >= 1 && ranks <= size());
    WorkerOptions worker_options;
    worker_options.places.assign(places_.begin(), places_.begin() + ranks);
    for (int rank = 0; rank < ranks; ++rank) worker_options.local.push_back(rank);
    worker_options.options = options;
    worker_options.yield = options.waiting == Waiting::back_off || is_oversubscribed(ranks);
    if (const auto failure = run_workers(worker_options, ControlBlock(ranks), sink, body, nullptr))
      throw_failure(*failure);
  }

  void run_per_node(RecordSink& sink, const std::function<void(RecordSink&)>& body) override {
    body(sink);
    throw_if_interrupted();
  }

  std::string from_writer(const std::string& text) override { return text; }

 private:
  Start start_;
  std::vector<int> cores_;
  std::vector<Place> places_;
};

}  // namespace

std::unique_ptr<Job> Job::create(int ranks_wanted, Seconds timeout, const StartOptions& options) {
  const Start start = choose_start(options, process_environment());
  if (start.kind == StartKind::fork) return std::make_unique<ForkJob>(ranks_wanted);
  if (auto job = make_pmix_job(timeout)) return job;
  throw UsageError(cannot_join(
      {fmt::format("PMIX_RANK={}: one process of a PMIx launcher, whose server does not answer",
                   process_environment()("PMIX_RANK").value_or("")),
       "start it with `srun --mpi=pmix` or `mpirun` itself, not from a process that outlived it"}));
}

std::unique_ptr<Job> make_local_job(int ranks) {
  return std::make_unique<ForkJob>(ranks);
}

int Job::node_count() const {
  std::set<int> nodes;
  for (const Place& place : places()) nodes.insert(place.node);
  return static_cast<int>(nodes.size());
}

std::string Job::participants() const {
  const auto count = [](int number, const char* what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
  };
  return fmt::format("{}, {}, started by {}", count(node_count(), "host"), count(size(), "rank"),
                     start().by);
}

}  // namespace assay::network
