/// @file
/// progress_core: a second thread of the rank communicates, on a core that is kept for it
/// (core_split.hpp). It hides what the compute's own core could not, since there a message's copies
/// take the compute's time; the price is the compute on fewer cores, which the slow-down shows.
/// The thread gives way while it waits, as other ranks' may share its core.

#include <sched.h>

#include "benchmarks/workloads/gradient/schedules/communication_thread.hpp"

namespace assay::workloads {
namespace {

const bool progress_core_registered = Registry<ScheduleKind>::add(
    {.about = {.kind = "schedule",
               .name = "progress_core",
               .summary = "A second thread communicates, on cores that no rank computes on.",
               .metrics = {},
               .verification = "K ranks equal one rank"},
     .keeps_cores = true,
     .make = [](IdleHookCommunicator& communicator,
                ReduceBucket reduce) -> std::unique_ptr<Schedule> {
       const Outcome<CoreSplit> split = split_cores(communicator);
       return std::make_unique<CommunicationThread>(
           communicator, std::move(reduce),
           CommunicationThread::Mode{.idle = [] { sched_yield(); },
                                     .cores = split ? std::optional(*split) : std::nullopt});
     }});

}  // namespace
}  // namespace assay::workloads
