/// @file
/// polled: the communication runs in a fiber on the compute's thread, which goes on with it between
/// slices of compute whenever a bucket is ready or in flight. Costs the polls; needs no core.

#include <limits>

#include "benchmarks/workloads/gradient/schedules/fiber.hpp"
#include "benchmarks/workloads/gradient/schedules/schedule.hpp"

namespace assay::workloads {
namespace {

/// Nothing is waited for yet.
constexpr Seconds never{std::numeric_limits<double>::infinity()};

class Polled final : public Schedule {
 public:
  Polled(IdleHookCommunicator& communicator, ReduceBucket reduce)
      : Schedule(communicator), reduce_(std::move(reduce)), fiber_([this] { loop(); }) {}
  ~Polled() override { idle_hook_.idle = nullptr; }

  void begin() override {
    // Also yields from inside an all-reduce, wherever it waits.
    idle_hook_.idle = [this] { fiber_.yield(); };
    idle_hook_.waited = Seconds(0);
    idle_hook_.count_from = never;
    ready_ = done_ = 0;
    inside_ = Seconds(0);
  }
  void ready() override {
    ++ready_;
    pause();
  }
  void pause() override {
    if (done_ < ready_) resume();
  }
  CommunicationTimes finish() override {
    idle_hook_.count_from = now();
    idle_hook_.idle = nullptr;  // Nothing left to compute: waits as the transport does.
    while (done_ < ready_) resume();
    return {.busy = inside_ - idle_hook_.waited, .wait = idle_hook_.waited};
  }

 private:
  void resume() {
    const Seconds start = now();
    fiber_.resume();
    inside_ += now() - start;
  }
  void loop() {
    while (true) {
      while (done_ == ready_) fiber_.yield();
      reduce_(done_);
      ++done_;
    }
  }

  ReduceBucket reduce_;
  std::size_t ready_ = 0, done_ = 0;
  Seconds inside_{0};
  Fiber fiber_;  ///< Last: it ends first.
};

const bool polled_registered = Registry<ScheduleKind>::add(
    {.about = {.kind = "schedule",
               .name = "polled",
               .summary = "Communication goes on between slices of compute, on the same thread.",
               .metrics = {},
               .verification = "K ranks equal one rank"},
     .make = [](IdleHookCommunicator& communicator,
                ReduceBucket reduce) -> std::unique_ptr<Schedule> {
       return std::make_unique<Polled>(communicator, std::move(reduce));
     }});

}  // namespace
}  // namespace assay::workloads
