#pragma once
/// @file
/// Memory that the ranks of one host share: the lane inside a node.
///
/// Made by Communicator::shared_region. Between processes it is an anonymous memory file (memfd),
/// reached through /proc/PID/fd: it has no name, so a killed run leaves nothing in /dev/shm, and
/// the small /dev/shm of a container does not limit it. Between threads it is plain memory.
/// Ordering between ranks is the user's: std::atomic_ref with acquire and release, lock-free types
/// only. Loops that spin on it call Communicator::progress() now and then and keep a Deadline, or a
/// lost peer hangs them.

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace assay::network {

class Communicator;

class SharedRegion {
 public:
  /// `keeper` owns the memory.
  SharedRegion(std::span<std::byte> bytes, std::shared_ptr<void> keeper)
      : bytes_(bytes), keeper_(std::move(keeper)) {}
  /// Each rank may see it at another address.
  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }

 private:
  std::span<std::byte> bytes_;
  std::shared_ptr<void> keeper_;
};

/// For transports: between processes. Collective over `host_group`, whose ranks live on one host;
/// first writer decides the NUMA node of a page. Nothing, on all ranks, when any of them cannot map
/// it.
[[nodiscard]] std::unique_ptr<SharedRegion> share_between_processes(Communicator& host_group,
                                                                    std::size_t bytes);
/// For transports: between threads of one process. Collective over `host_group`.
[[nodiscard]] std::unique_ptr<SharedRegion> share_between_threads(Communicator& host_group,
                                                                  std::size_t bytes);

}  // namespace assay::network
