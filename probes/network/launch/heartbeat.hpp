#pragma once
/// @file
/// Signs of life between the processes of a job: what a process that was stopped, or whose host or
/// network is gone, no longer sends, while no launcher tells.
///
/// Every rank sends to rank 0, rank 0 to every rank, each `period`, from a thread of its own: it is
/// stopped with its process, and busy with nothing that may take long. Of a rank that was never
/// heard nothing is concluded: a firewall may swallow what it sends.

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "probes/core/units.hpp"
#include "probes/network/launch/mailbox.hpp"

namespace assay::network {

class Heartbeat {
 public:
  Heartbeat() = default;
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// Where others reach this process.
  [[nodiscard]] std::string address() const { return mailbox_.address(); }
  /// Starts to send. `addresses`: of all ranks, by rank.
  void begin(int rank, std::vector<std::string> addresses);
  /// A rank that was heard before and then not for `allowed`. Call it often: silence counts only
  /// while somebody listens, so that what was sent meanwhile is read first.
  [[nodiscard]] std::optional<int> silent(Seconds allowed);
  /// For a main thread that is busy with something that asks interrupted(): from now on the first
  /// rank that is silent for `allowed` interrupts it. @pre begin() was called, or nobody is heard
  void watch(Seconds allowed);
  /// Whom the watch found, if anybody; the interruption that it caused is taken back.
  [[nodiscard]] std::optional<int> end_watch();

  static constexpr Seconds period = 200_ms;

 private:
  void send_until_told();
  std::optional<int> listen(Seconds allowed);

  Mailbox mailbox_;
  int rank_ = 0;
  std::vector<std::string> addresses_;
  std::map<int, double> heard_;  ///< When, by rank.
  double listened_ = 0, listening_since_ = 0;
  std::mutex mutex_;
  std::condition_variable told_;
  bool is_over_ = false;
  std::optional<Seconds> watched_;  ///< The silence allowed, while a watch lasts.
  std::optional<int> found_;
  std::thread sender_;
};

}  // namespace assay::network
