#pragma once
/// @file
/// The communicator interface over MPI, so that an MPI's own all-reduce is timed by the same code
/// as ours. Used for set-up, agreement and gathering only; the call that is timed goes to MPI
/// directly.

#include <mpi.h>

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "probes/network/transport/communicator.hpp"

namespace assay::comparators {

class MpiCommunicator final : public network::Communicator {
 public:
  /// @pre MPI is initialised. `provider` is what stands in result rows.
  explicit MpiCommunicator(std::string provider);

  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(places_.size()); }
  const network::Place& place(int rank) const override {
    return places_[static_cast<std::size_t>(rank)];
  }
  const std::string& provider() const override { return provider_; }
  network::Request send(int to, network::Tag tag, std::span<const std::byte> bytes) override;
  network::Request receive(int from, network::Tag tag, std::span<std::byte> bytes) override;
  bool test(network::Request& request) override;
  void wait(network::Request& request) override;
  void progress() override;
  network::Traffic sent() const override { return sent_; }
  void set_timeout(Seconds timeout) override { timeout_ = timeout; }
  Seconds timeout() const override { return timeout_; }
  /// Not needed to time MPI; throws RunError.
  std::unique_ptr<network::SharedRegion> shared_region(std::size_t bytes) override;
  std::unique_ptr<network::Communicator> subset(const std::vector<int>& ranks) override;

 private:
  int rank_ = 0;
  std::string provider_;
  std::vector<network::Place> places_;
  std::list<MPI_Request> pending_;
  network::Traffic sent_;
  Seconds timeout_ = 20_s;
};

}  // namespace assay::comparators
