#include "benchmarks/workloads/gradient/schedules/idle_hook_communicator.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "probes/core/errors.hpp"
#include "probes/run/region.hpp"

namespace assay::workloads {

IdleHookCommunicator::IdleHookCommunicator(network::Communicator& inner)
    : inner_(inner), idle_hook_(std::make_shared<IdleHook>()) {}

IdleHookCommunicator::IdleHookCommunicator(std::unique_ptr<network::Communicator> owned,
                                           std::shared_ptr<IdleHook> idle_hook)
    : owned_(std::move(owned)), inner_(*owned_), idle_hook_(std::move(idle_hook)) {}

void IdleHookCommunicator::wait(network::Request& request) {
  if (request.is_complete_handle()) return;
  const Phase phase("wait", Track::communication);
  const Seconds start = now();
  const Deadline deadline(timeout());
  // The idle function may go away meanwhile: when there is nothing left to give way to.
  while (idle_hook_->idle && !inner_.test(request)) {
    if (deadline.passed())
      throw TimedOut(fmt::format("rank {} waited {} inside an overlapped collective", rank(),
                                 format(timeout())));
    idle_hook_->idle();
  }
  inner_.wait(request);
  count(start);
}

void IdleHookCommunicator::progress() {
  inner_.progress();
  if (!idle_hook_->idle) return;
  const Seconds start = now();
  idle_hook_->idle();
  count(start);
}

std::unique_ptr<network::Communicator> IdleHookCommunicator::subset(const std::vector<int>& ranks) {
  return std::unique_ptr<network::Communicator>(
      new IdleHookCommunicator(inner_.subset(ranks), idle_hook_));
}

void IdleHookCommunicator::count(Seconds start) {
  idle_hook_->waited += std::max(now() - std::max(start, idle_hook_->count_from), Seconds(0));
}

}  // namespace assay::workloads
