/// @file
/// progress_thread: a second thread of the rank communicates. While a message is awaited it sleeps
/// some 60 us between looks, since it shares the rank's core with the compute unless the launcher
/// gave the rank more: a spinning helper takes half of that core (the compute slow-down shows it).

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "benchmarks/workloads/schedule.hpp"

namespace assay::workloads {
namespace {

void nap() {
  constexpr timespec length{0, 10'000};  // and about 50 us of the kernel's timer slack
  nanosleep(&length, nullptr);
}

class ProgressThread final : public Schedule {
 public:
  ProgressThread(PatientCommunicator& communicator, ReduceBucket reduce)
      : patience_(communicator.patience()),
        reduce_(std::move(reduce)),
        thread_([this] { loop(); }) {}
  ~ProgressThread() override {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    changed_.notify_all();
    thread_.join();
    patience_.idle = nullptr;
  }

  void begin() override {
    const std::lock_guard lock(mutex_);
    patience_.idle = nap;
    patience_.waited = Seconds(0);
    patience_.count_from = Seconds(0);
    ready_ = done_ = 0;
    inside_ = Seconds(0);
  }
  void ready() override {
    {
      const std::lock_guard lock(mutex_);
      ++ready_;
    }
    changed_.notify_all();
  }
  void pause() override {}
  CommunicationTimes finish() override {
    const Seconds start = now();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_ == ready_ || error_; });
    if (error_) std::rethrow_exception(error_);
    patience_.idle = nullptr;
    return {.busy = inside_ - patience_.waited, .wait = now() - start};
  }

 private:
  void loop() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return done_ < ready_ || is_over_; });
      if (is_over_) return;
      const std::size_t index = done_;
      lock.unlock();
      const Seconds start = now();
      try {
        reduce_(index);
      } catch (...) {
        lock.lock();
        error_ = std::current_exception();
        changed_.notify_all();
        return;
      }
      lock.lock();
      inside_ += now() - start;
      ++done_;
      changed_.notify_all();
    }
  }

  Patience& patience_;
  ReduceBucket reduce_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t ready_ = 0, done_ = 0;
  Seconds inside_{0};
  std::exception_ptr error_;
  bool is_over_ = false;
  std::thread thread_;  ///< Last: it uses all of the above.
};

const bool progress_thread_registered = Registry<ScheduleKind>::add(
    {.about = {.kind = "schedule",
               .name = "progress_thread",
               .summary = "A second thread of the rank communicates while the first computes.",
               .metrics = {},
               .verification = "K ranks equal one rank"},
     .make = [](PatientCommunicator& communicator,
                ReduceBucket reduce) -> std::unique_ptr<Schedule> {
       return std::make_unique<ProgressThread>(communicator, std::move(reduce));
     }});

}  // namespace
}  // namespace assay::workloads
