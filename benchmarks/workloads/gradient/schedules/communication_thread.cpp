#include "benchmarks/workloads/gradient/schedules/communication_thread.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "probes/core/errors.hpp"
#include "probes/host/topology.hpp"
#include "probes/network/launch/placement.hpp"

namespace assay::workloads {
namespace {

/// Unpinned, the figures would be of another schedule.
void pin_or_throw(int pu) {
  if (!pin_this_thread(pu))
    throw RunError(
        fmt::format("cannot keep a core for communication: a thread may not be bound to "
                    "PU {} ({})",
                    pu, std::strerror(errno)));
}

}  // namespace

CommunicationThread::CommunicationThread(IdleHookCommunicator& communicator, ReduceBucket reduce,
                                         Mode mode)
    : Schedule(communicator),
      reduce_(std::move(reduce)),
      mode_(std::move(mode)),
      before_(network::allowed_pus_now()) {
  lend_cores(false);
  try {
    thread_ = std::thread([this] { loop(); });
  } catch (const std::system_error& error) {
    lend_cores(true);
    throw RunError(
        fmt::format("cannot start the thread of communication: {}", error.code().message()));
  }
}

CommunicationThread::~CommunicationThread() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  thread_.join();
  idle_hook_.idle = nullptr;
  lend_cores(true);
}

void CommunicationThread::lend_cores(bool lent) {
  if (!mode_.cores) return;
  if (lent)
    pin_this_thread(before_);
  else
    pin_or_throw(mode_.cores->compute);
}

void CommunicationThread::reset_idle_hook() {
  idle_hook_.idle = mode_.idle;
  idle_hook_.waited = Seconds(0);
  idle_hook_.count_from = Seconds(0);
}

void CommunicationThread::begin() {
  const std::lock_guard lock(mutex_);
  reset_idle_hook();
  ready_ = done_ = 0;
  inside_ = Seconds(0);
}

void CommunicationThread::ready() {
  {
    const std::lock_guard lock(mutex_);
    ++ready_;
  }
  changed_.notify_all();
}

CommunicationTimes CommunicationThread::finish() {
  const Seconds start = now();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return done_ == ready_ || error_; });
  if (error_) std::rethrow_exception(error_);
  idle_hook_.idle = nullptr;
  return {.busy = inside_ - idle_hook_.waited, .wait = now() - start};
}

void CommunicationThread::communicate_alone(const std::function<void()>& communicate,
                                            const std::function<void()>& beside) {
  if (!mode_.cores) return Schedule::communicate_alone(communicate, beside);
  std::unique_lock lock(mutex_);
  reset_idle_hook();
  alone_ = &communicate;
  changed_.notify_all();
  const auto is_over = [this] { return alone_ == nullptr || error_; };
  while (beside && !is_over()) {
    lock.unlock();
    beside();
    lock.lock();
  }
  changed_.wait(lock, is_over);
  idle_hook_.idle = nullptr;
  if (error_) std::rethrow_exception(error_);
}

void CommunicationThread::loop() {
  std::unique_lock lock(mutex_);
  bool is_pinned = !mode_.cores;
  while (true) {
    changed_.wait(lock, [this] { return done_ < ready_ || alone_ || is_over_; });
    if (is_over_) return;
    const std::function<void()>* const alone = alone_;
    const std::size_t index = done_;
    lock.unlock();
    const Seconds start = now();
    try {
      if (!is_pinned) pin_or_throw(mode_.cores->communication);
      is_pinned = true;
      alone ? (*alone)() : reduce_(index);
    } catch (...) {
      lock.lock();
      error_ = std::current_exception();
      changed_.notify_all();
      return;
    }
    lock.lock();
    if (alone) {
      alone_ = nullptr;
    } else {
      inside_ += now() - start;
      ++done_;
    }
    changed_.notify_all();
  }
}

}  // namespace assay::workloads
