/// @file
/// progress_thread: a second thread of the rank communicates. While a message is awaited it sleeps
/// some 60 us between looks, since it shares the rank's core with the compute unless the launcher
/// gave the rank more: a spinning helper takes half of that core (the compute slow-down shows it).

#include "benchmarks/workloads/gradient/schedules/communication_thread.hpp"

namespace assay::workloads {
namespace {

void sleep_briefly() {
  constexpr timespec length{0, 10'000};  // and about 50 us of the kernel's timer slack
  nanosleep(&length, nullptr);
}

const bool progress_thread_registered = Registry<ScheduleKind>::add(
    {.about = {.kind = "schedule",
               .name = "progress_thread",
               .summary = "A second thread of the rank communicates while the first computes.",
               .metrics = {},
               .verification = "K ranks equal one rank"},
     .make = [](IdleHookCommunicator& communicator,
                ReduceBucket reduce) -> std::unique_ptr<Schedule> {
       return std::make_unique<CommunicationThread>(
           communicator, std::move(reduce),
           CommunicationThread::Mode{.idle = sleep_briefly, .cores = std::nullopt});
     }});

}  // namespace
}  // namespace assay::workloads
