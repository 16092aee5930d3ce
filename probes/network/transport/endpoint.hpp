#pragma once
/// @file
/// What a transport provides: one rank's mailbox towards all ranks of a launch. Communicators
/// (communicator.hpp) are groups of ranks over one endpoint; the group's number is part of each
/// tag.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "probes/network/transport/communicator.hpp"

namespace assay::network {

/// 16 bits of group above 32 bits of the caller's tag: 48 bits is what the narrowest provider (cxi)
/// matches.
using WireTag = std::uint64_t;
[[nodiscard]] constexpr WireTag wire_tag(std::uint16_t group, Tag tag) {
  return (static_cast<WireTag>(group) << 32) | tag;
}

/// The operations mean what those of Communicator mean; ranks are those of the whole launch.
class Endpoint {
 public:
  virtual ~Endpoint() = default;

  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual const std::vector<Place>& places() const = 0;
  [[nodiscard]] virtual const std::string& provider() const = 0;

  [[nodiscard]] virtual Request send(int to, WireTag tag, std::span<const std::byte> bytes) = 0;
  [[nodiscard]] virtual Request receive(int from, WireTag tag, std::span<std::byte> bytes) = 0;
  virtual bool test(Request& request) = 0;
  virtual void wait(Request& request) = 0;
  virtual void progress() = 0;
  [[nodiscard]] virtual std::unique_ptr<SharedRegion> shared_region(Communicator& host_group,
                                                                    std::size_t bytes) = 0;

  void set_timeout(Seconds timeout) { timeout_ = timeout; }
  [[nodiscard]] Seconds timeout() const { return timeout_; }

  /// By this rank to others; the communicators count.
  Traffic sent;

  /// Numbers of groups: this rank's next free one. Members of a new group agree on the highest of
  /// theirs.
  std::uint16_t next_group = 1;

 private:
  Seconds timeout_ = 20_s;
};

/// The communicator of all ranks of the endpoint.
[[nodiscard]] std::unique_ptr<Communicator> make_communicator(std::shared_ptr<Endpoint> endpoint);

}  // namespace assay::network
