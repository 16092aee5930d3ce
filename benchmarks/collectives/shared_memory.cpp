/// @file
/// Shared memory: on one host every rank reduces its slice straight from what the others have
/// staged in memory they share; short vectors are reduced by everybody behind one flag. No message
/// is sent. Steps, long: m staged, ((p-1)/p) m reduced from the others, ((p-1)/p) m fetched back,
/// in overlapping chunks. Steps, short (up to 4 KiB): one signal, p-1 vectors read.

#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/collectives/shared_lane.hpp"
#include "probes/core/errors.hpp"

namespace assay::collectives {
namespace {

class SharedMemory final : public AllReduce {
 public:
  explicit SharedMemory(network::Communicator& communicator)
      : lane_(SharedLane::create(communicator)) {
    if (!lane_) throw RunError("the ranks of this host cannot share memory any more");
  }
  void run(const AllReduceCall& call) override { lane_->all_reduce(call); }

 private:
  std::unique_ptr<SharedLane> lane_;
};

const bool shared_memory_registered = Registry<AllReduceAlgorithm>::add(
    {.about = {.kind = "algorithm",
               .name = "shared_memory",
               .summary = "All-reduce of one host through memory the ranks share.",
               .metrics = {},
               .verification = "exact integers, f64 error bound, equal hashes on all ranks"},
     .topology = "direct",
     .cost = shared_memory_cost,
     .unsupported_reason = sharing_unsupported_reason,
     .prepare = [](network::Communicator& communicator) -> std::unique_ptr<AllReduce> {
       return std::make_unique<SharedMemory>(communicator);
     },
     .scratch = [](const CollectiveShape&) { return 1_MiB; },
     .shares_memory = true});

}  // namespace
}  // namespace assay::collectives
