/// @file
/// no_overlap: all compute, then all buckets, one after the other.

#include <algorithm>
#include <limits>

#include "benchmarks/workloads/gradient/models/gradient_model.hpp"
#include "benchmarks/workloads/gradient/schedules/schedule.hpp"
#include "probes/core/errors.hpp"

namespace assay::workloads {
namespace {

class NoOverlap final : public Schedule {
 public:
  NoOverlap(IdleHookCommunicator& communicator, ReduceBucket reduce)
      : Schedule(communicator), reduce_(std::move(reduce)) {}

  void begin() override {
    idle_hook_.idle = nullptr;
    ready_ = 0;
  }
  void ready() override { ++ready_; }
  void pause() override {}
  CommunicationTimes finish() override {
    idle_hook_.waited = Seconds(0);
    idle_hook_.count_from = Seconds(0);
    const Seconds start = now();
    for (std::size_t i = 0; i < ready_; ++i) reduce_(i);
    return {.busy = now() - start - idle_hook_.waited, .wait = idle_hook_.waited};
  }

 private:
  ReduceBucket reduce_;
  std::size_t ready_ = 0;
};

const bool no_overlap_registered = Registry<ScheduleKind>::add(
    {.about = {.kind = "schedule",
               .name = "no_overlap",
               .summary = "All compute, then all communication.",
               .metrics = {},
               .verification = "K ranks equal one rank"},
     .overlaps = false,
     .make = [](IdleHookCommunicator& communicator,
                ReduceBucket reduce) -> std::unique_ptr<Schedule> {
       return std::make_unique<NoOverlap>(communicator, std::move(reduce));
     }});

}  // namespace

void Schedule::communicate_alone(const std::function<void()>& communicate,
                                 const std::function<void()>& beside) {
  idle_hook_.idle = beside;
  communicate();
  idle_hook_.idle = nullptr;
}

const ScheduleKind& find_schedule(const std::string& name) {
  if (const auto* found = Registry<ScheduleKind>::find(name)) return *found;
  throw UsageError("unknown schedule '" + name + "'; expected one of " +
                   known_names<ScheduleKind>());
}

}  // namespace assay::workloads
