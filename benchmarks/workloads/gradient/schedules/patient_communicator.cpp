#include "benchmarks/workloads/gradient/schedules/patient_communicator.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "probes/core/errors.hpp"
#include "probes/run/region.hpp"

namespace assay::workloads {

PatientCommunicator::PatientCommunicator(network::Communicator& inner)
    : inner_(inner), patience_(std::make_shared<Patience>()) {}

PatientCommunicator::PatientCommunicator(std::unique_ptr<network::Communicator> owned,
                                         std::shared_ptr<Patience> patience)
    : owned_(std::move(owned)), inner_(*owned_), patience_(std::move(patience)) {}

void PatientCommunicator::wait(network::Request& request) {
  if (request.is_complete_handle()) return;
  const Phase phase("wait", Track::communication);
  const Seconds start = now();
  const Deadline deadline(timeout());
  // The idle function may go away meanwhile: when there is nothing left to give way to.
  while (patience_->idle && !inner_.test(request)) {
    if (deadline.passed())
      throw TimedOut(fmt::format("rank {} waited {} inside an overlapped collective", rank(),
                                 format(timeout())));
    patience_->idle();
  }
  inner_.wait(request);
  count(start);
}

void PatientCommunicator::progress() {
  inner_.progress();
  if (!patience_->idle) return;
  const Seconds start = now();
  patience_->idle();
  count(start);
}

std::unique_ptr<network::Communicator> PatientCommunicator::subset(const std::vector<int>& ranks) {
  return std::unique_ptr<network::Communicator>(
      new PatientCommunicator(inner_.subset(ranks), patience_));
}

void PatientCommunicator::count(Seconds start) {
  patience_->waited += std::max(now() - std::max(start, patience_->count_from), Seconds(0));
}

}  // namespace assay::workloads
