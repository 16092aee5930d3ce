#pragma once
/// @file
/// A schedule whose second thread communicates while the first computes: on the same core, or on
/// one that is kept for it.

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "benchmarks/workloads/gradient/schedules/core_split.hpp"
#include "benchmarks/workloads/gradient/schedules/schedule.hpp"

namespace assay::workloads {

class CommunicationThread final : public Schedule {
 public:
  struct Mode {
    std::function<void()> idle;      ///< Called by the second thread while it awaits a message.
    std::optional<CoreSplit> cores;  ///< Both threads are pinned so; nothing: neither is touched.
  };
  /// While it lives, the calling thread, which is the one that computes, stays pinned so.
  CommunicationThread(IdleHookCommunicator& communicator, ReduceBucket reduce, Mode mode);
  ~CommunicationThread() override;

  void begin() override;
  void ready() override;
  void pause() override {}
  CommunicationTimes finish() override;
  void communicate_alone(const std::function<void()>& communicate,
                         const std::function<void()>& beside) override;
  void lend_cores(bool lent) override;

 private:
  void loop();
  void reset_idle_hook();

  ReduceBucket reduce_;
  Mode mode_;
  std::vector<int> before_;  ///< PUs the compute's thread had.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t ready_ = 0, done_ = 0;
  const std::function<void()>* alone_ = nullptr;  ///< To be called once; nullptr when it has been.
  Seconds inside_{0};
  std::exception_ptr error_;
  bool is_over_ = false;
  std::thread thread_;  ///< Last: it uses all of the above.
};

}  // namespace assay::workloads
