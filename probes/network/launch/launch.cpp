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

/// No launcher: this process forks the ranks and supervises them.
class ForkJob final : public Job {
 public:
  explicit ForkJob(int ranks_wanted) : cores_(discover_machine().one_pu_per_core) {
    const int ranks = ranks_wanted > 0 ? ranks_wanted : static_cast<int>(cores_.size());
    for (int rank = 0; rank < ranks; ++rank)
      places_.push_back(
          {host_name(), 0, rank, cores_[static_cast<std::size_t>(rank) % cores_.size()], cores_});
  }

  Launcher launcher() const override { return Launcher::none; }
  int rank() const override { return 0; }
  int size() const override { return static_cast<int>(places_.size()); }
  const std::vector<Place>& places() const override { return places_; }
  bool is_oversubscribed(int ranks) const override {
    return ranks > static_cast<int>(cores_.size());
  }

  void run(int ranks, const Options& options, RecordSink& sink, const Body& body) override {
    assert(ranks >= 1 && ranks <= size());
    WorkerPlan plan;
    plan.places.assign(places_.begin(), places_.begin() + ranks);
    for (int rank = 0; rank < ranks; ++rank) plan.local.push_back(rank);
    plan.options = options;
    plan.yield = options.waiting == Waiting::nap || is_oversubscribed(ranks);
    if (const auto failure = run_workers(plan, Board(ranks), sink, body, nullptr))
      throw_failure(*failure);
  }

  void run_per_node(RecordSink& sink, const std::function<void(RecordSink&)>& body) override {
    body(sink);
    throw_if_interrupted();
  }

  std::string from_writer(const std::string& text) override { return text; }

 private:
  std::vector<int> cores_;
  std::vector<Place> places_;
};

int environment_number(const char* name) {
  const char* const text = std::getenv(name);
  return text ? std::atoi(text) : 0;
}

}  // namespace

Launcher detect_launcher() {
  const bool has_pmix = std::getenv("PMIX_RANK") != nullptr;
  if (has_pmix && !is_built_with_pmix())
    throw UsageError(
        "started by a PMIx launcher, but this build has no PMIx: build with libpmix-dev, or start "
        "one process per host without a launcher");
  if (has_pmix) return Launcher::pmix;
  const char* const use =
      "use `srun --mpi=pmix -n N assay run` (Slurm) or Open MPI's `mpirun -n N assay run`";
  if (std::getenv("PMI_RANK") != nullptr)
    throw UsageError(fmt::format(
        "this launcher speaks PMI-1 or PMI-2 (PMI_RANK is set, PMIX_RANK is not), Assay "
        "speaks PMIx: {}",
        use));
  if (environment_number("SLURM_STEP_NUM_TASKS") > 1)
    throw UsageError(fmt::format("srun started {} tasks without PMIx, each would measure alone: {}",
                                 environment_number("SLURM_STEP_NUM_TASKS"), use));
  return Launcher::none;
}

std::unique_ptr<Job> Job::create(int ranks_wanted, Seconds timeout) {
  if (detect_launcher() == Launcher::pmix)
    if (auto job = make_pmix_job(timeout)) return job;
  return std::make_unique<ForkJob>(ranks_wanted);
}

std::unique_ptr<Job> make_local_job(int ranks) {
  return std::make_unique<ForkJob>(ranks);
}

int Job::node_count() const {
  std::set<int> nodes;
  for (const Place& place : places()) nodes.insert(place.node);
  return static_cast<int>(nodes.size());
}

}  // namespace assay::network
