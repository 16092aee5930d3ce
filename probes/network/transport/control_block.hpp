#pragma once
/// @file
/// What the ranks of one launch on one host share before, and beside, the network: addresses on
/// their way, the phase each rank is in, whom it waits for, and whether the launch is to end.
///
/// Anonymous shared memory made before the ranks are forked. It is how a rank learns of a peer's
/// death: libfabric 1.17 does not tell (tcp and net answer EAGAIN for ever, shm lets small sends
/// succeed).

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/units.hpp"

namespace assay::network {

/// Set-up's exchange of addresses among all ranks of a launch.
class Bootstrap {
 public:
  virtual ~Bootstrap() = default;
  /// Collective: every rank's bytes, by rank. Throws like Liveness::check, and TimedOut.
  [[nodiscard]] virtual std::vector<std::vector<std::byte>> gather(
      std::span<const std::byte> mine) = 0;
  /// Collective: returns when every rank has called it; calls `idle` meanwhile.
  virtual void meet(const std::function<void()>& idle) = 0;
};

/// Whether to go on waiting.
class Liveness {
 public:
  virtual ~Liveness() = default;
  /// Throws PeerLost when a rank is known to be gone, Interrupted when the launch is to end. Cheap.
  virtual void check() = 0;
  /// This rank waits for `rank` (-1: no longer); for the message when the launch fails.
  virtual void waits_for(int rank) = 0;
};

class ControlBlock {
 public:
  static constexpr std::size_t blob_limit = 4096;
  static constexpr std::size_t phase_limit = 112;

  explicit ControlBlock(int ranks);

  [[nodiscard]] int size() const { return ranks_; }

  void publish(int rank, unsigned round, std::span<const std::byte> blob);
  [[nodiscard]] bool is_published(int rank, unsigned round) const;
  /// @pre is_published(rank, round), and `round` is the last or last but one.
  [[nodiscard]] std::vector<std::byte> published(int rank, unsigned round) const;

  void set_phase(int rank, std::string_view phase);
  [[nodiscard]] std::string phase(int rank) const;
  void set_waits_for(int rank, int other);
  [[nodiscard]] int waits_for(int rank) const;

  /// The first lost rank stays.
  void set_lost(int rank);
  [[nodiscard]] int lost() const;
  void set_stop();
  [[nodiscard]] bool stop() const;

 private:
  struct Slot {
    std::atomic<unsigned> rounds{0};  ///< Published so far.
    std::atomic<int> waits_for{-1};
    std::size_t length[2] = {0, 0};
    std::byte blob[2][blob_limit] =
        {};  ///< By parity of the round: at most two are in use at once.
    char phase[phase_limit] = {};
  };
  struct Memory {
    std::atomic<int> lost{-1};
    std::atomic<bool> stop{false};
  };
  [[nodiscard]] Slot& slot(int rank) const;

  int ranks_;
  std::shared_ptr<void> mapping_;
};

/// The control block as one rank sees it. `on_publish` runs after this rank has published: under
/// PMIx it asks the supervising process to bring the other ranks' bytes here.
class RankControl final : public Bootstrap, public Liveness {
 public:
  RankControl(ControlBlock control, int rank, std::vector<std::string> names, Seconds timeout,
              std::function<void(std::span<const std::byte>)> on_publish);
  std::vector<std::vector<std::byte>> gather(std::span<const std::byte> mine) override;
  void meet(const std::function<void()>& idle) override;
  void check() override;
  void waits_for(int rank) override;

 private:
  /// Publishes and waits for all; gives the round.
  unsigned publish_and_wait(std::span<const std::byte> mine, const std::function<void()>& idle);

  ControlBlock control_;
  int rank_;
  std::vector<std::string> names_;  ///< "rank 2 on node7", for messages.
  Seconds timeout_;
  std::function<void(std::span<const std::byte>)> on_publish_;
  unsigned round_ = 0;
};

}  // namespace assay::network
