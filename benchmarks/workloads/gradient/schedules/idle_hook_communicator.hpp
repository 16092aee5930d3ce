#pragma once
/// @file
/// A communicator whose waits give way: while a message is awaited, `idle` is called. That alone
/// turns every blocking collective into one that overlaps with compute: an idle that yields to the
/// compute's fiber makes it polled, one that sleeps makes it fit for a progress thread.

#include <functional>
#include <limits>
#include <memory>

#include "probes/network/transport/communicator.hpp"

namespace assay::workloads {

/// Shared by a communicator and its subsets. Used by one thread at a time.
struct IdleHook {
  /// Empty: wait as the transport does.
  std::function<void()> idle;
  /// Time spent waiting since `count_from`, which the owner resets.
  Seconds waited{0};
  Seconds count_from{0};
};

class IdleHookCommunicator final : public network::Communicator {
 public:
  /// `inner` outlives it. Nobody uses `inner` while a call of this one is under way.
  explicit IdleHookCommunicator(network::Communicator& inner);

  [[nodiscard]] IdleHook& idle_hook() { return *idle_hook_; }

  [[nodiscard]] int rank() const override { return inner_.rank(); }
  [[nodiscard]] int size() const override { return inner_.size(); }
  [[nodiscard]] const network::Place& place(int rank) const override { return inner_.place(rank); }
  [[nodiscard]] const std::string& provider() const override { return inner_.provider(); }
  [[nodiscard]] network::Request send(int to, network::Tag tag,
                                      std::span<const std::byte> bytes) override {
    return inner_.send(to, tag, bytes);
  }
  [[nodiscard]] network::Request receive(int from, network::Tag tag,
                                         std::span<std::byte> bytes) override {
    return inner_.receive(from, tag, bytes);
  }
  bool test(network::Request& request) override { return inner_.test(request); }
  void wait(network::Request& request) override;
  /// Algorithms call it in loops that spin on shared memory, so it gives way too.
  void progress() override;
  [[nodiscard]] network::Traffic sent() const override { return inner_.sent(); }
  void set_timeout(Seconds timeout) override { inner_.set_timeout(timeout); }
  [[nodiscard]] Seconds timeout() const override { return inner_.timeout(); }
  [[nodiscard]] std::unique_ptr<network::SharedRegion> shared_region(std::size_t bytes) override {
    return inner_.shared_region(bytes);
  }
  [[nodiscard]] std::unique_ptr<network::Communicator> subset(
      const std::vector<int>& ranks) override;

 private:
  IdleHookCommunicator(std::unique_ptr<network::Communicator> owned,
                       std::shared_ptr<IdleHook> idle_hook);
  void count(Seconds start);

  std::unique_ptr<network::Communicator> owned_;
  network::Communicator& inner_;
  std::shared_ptr<IdleHook> idle_hook_;
};

}  // namespace assay::workloads
