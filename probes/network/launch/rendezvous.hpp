#pragma once
/// @file
/// The control connections of a job: every rank's supervisor has one TCP connection to rank 0's.
///
/// Over them go the addresses of the ranks, rows of other hosts, notices of failures, and signs of
/// life. Rank 0 listens at one address, the one the job uses, and stops listening when all have
/// come. Who joins proves that it knows the job's key without sending it, and rank 0 proves it in
/// turn; whoever does not, sends garbage, or says nothing is dropped after `stranger_patience`. A
/// thread of each process moves what is to be moved: it sleeps in between, and its signs of life
/// stop with its process.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/file_descriptor.hpp"
#include "probes/core/units.hpp"
#include "probes/network/launch/host_address.hpp"
#include "probes/network/launch/job_key.hpp"
#include "probes/network/launch/row_pipe.hpp"

namespace assay::network {

/// The socket at which rank 0 waits for the others.
class Listener {
 public:
  /// Port 0: any that is free. Throws UsageError when the address is not to be had.
  explicit Listener(const SocketAddress& at);
  [[nodiscard]] HostPort address() const;
  [[nodiscard]] int descriptor() const { return socket_.get(); }
  void close() { socket_.close(); }

 private:
  FileDescriptor socket_;
};

class Rendezvous {
 public:
  struct Plan {
    int rank = 0;
    int size = 1;
    JobKey key;
    HostPort at;       ///< Of rank 0.
    Seconds patience;  ///< For the next rank to come, counted from the last that came.
    /// Rank 0: called with a line for the user when ranks are missing for a while; may be empty.
    std::function<void(const std::string&)> tell = {};
  };
  /// Rank 0, at `listener`; the others at plan.at. Returns when all are there. Throws TimedOut that
  /// names the missing ranks, UsageError for a wrong key, a rank that is there already, or a size
  /// that differs; Interrupted.
  static std::unique_ptr<Rendezvous> open(Plan plan, std::optional<Listener> listener);
  ~Rendezvous();
  Rendezvous(const Rendezvous&) = delete;
  Rendezvous& operator=(const Rendezvous&) = delete;

  [[nodiscard]] int rank() const;
  [[nodiscard]] int size() const;

  /// All ranks bring bytes, all get everyone's. One at a time, by all in the same order.
  class Meeting {
   public:
    [[nodiscard]] bool is_done() const;
    /// By rank. @pre is_done()
    [[nodiscard]] std::vector<std::string> all() const;

   private:
    friend class Rendezvous;
    Meeting(const Rendezvous& owner, unsigned number) : owner_(owner), number_(number) {}
    const Rendezvous& owner_;
    unsigned number_;
  };
  [[nodiscard]] Meeting meet(std::string_view mine);

  /// Tells all others that a rank failed in the launch of this number.
  void announce(int launch, const Failure& failure);
  /// The first that was announced of this launch, if any.
  [[nodiscard]] std::optional<Failure> announced(int launch) const;
  /// A rank whose process has ended or left, so that no meeting can end any more.
  struct Gone {
    int rank = -1;
    bool said_so = false;  ///< It left in order.
  };
  [[nodiscard]] std::optional<Gone> gone() const;

  /// A rank that was heard before and then not for `allowed`. Call it often: silence counts only
  /// while this process itself runs.
  [[nodiscard]] std::optional<int> silent(Seconds allowed);
  /// For a main thread that is busy with something that asks interrupted(): from now on the first
  /// rank that is silent for `allowed`, or gone, interrupts it.
  void watch(Seconds allowed);
  /// Whom the watch found, if anybody; the interruption that it caused is taken back.
  struct Found {
    int rank = -1;
    bool is_gone = false;
  };
  [[nodiscard]] std::optional<Found> end_watch();

  static constexpr Seconds period = 200_ms;          ///< Between signs of life.
  static constexpr Seconds stranger_patience = 2_s;  ///< For a proof of the key.
  static constexpr Seconds first_word_after = 5_s;   ///< Of missing ranks, to the user.

 private:
  class Core;
  explicit Rendezvous(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace assay::network
