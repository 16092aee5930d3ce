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
  Polled(PatientCommunicator& communicator, ReduceBucket reduce)
      : Schedule(communicator), reduce_(std::move(reduce)), fiber_([this] { loop(); }) {}
  ~Polled() override { patience_.idle = nullptr; }

  void begin() override {
    // Also yields from inside an all-reduce, wherever it waits.
    patience_.idle = [this] { fiber_.yield(); };
    patience_.waited = Seconds(0);
    patience_.count_from = never;
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
    patience_.count_from = now();
    patience_.idle = nullptr;  // Nothing left to compute: waits as the transport does.
    while (done_ < ready_) resume();
    return {.busy = inside_ - patience_.waited, .wait = patience_.waited};
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
     .make = [](PatientCommunicator& communicator,
                ReduceBucket reduce) -> std::unique_ptr<Schedule> {
       return std::make_unique<Polled>(communicator, std::move(reduce));
     }});

}  // namespace
}  // namespace assay::workloads
