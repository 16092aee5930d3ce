#pragma once
/// @file
/// Message passing between the ranks of a run: the seam between algorithms and transports.
///
/// Collectives and workloads see only this interface; behind it are libfabric (fabric.hpp), shared
/// memory of one host (shared_memory.hpp), threads of one process (threads.hpp, for tests) and
/// fakes. Semantics: reliable, in order per (sender, receiver, tag). Receives should be posted
/// before the matching send: an early message costs a copy on every transport and can deadlock on
/// some providers. Progress is manual: messages move only inside calls of this interface. Not
/// offered: wildcard receives, one-sided access, GPU memory.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "probes/core/clock.hpp"
#include "probes/core/units.hpp"
#include "probes/network/transport/shared_memory.hpp"

namespace assay::network {

/// Chosen by the caller; distinct messages in flight between two ranks have distinct tags or arrive
/// in order. Tags of at least `reserved_tags` belong to the library (barrier, launch).
using Tag = std::uint32_t;
inline constexpr Tag reserved_tags = 0x8000'0000;

/// Where a rank lives.
struct Place {
  std::string host;
  int node = 0;        ///< Index of the host, 0.., in order of first rank.
  int local_rank = 0;  ///< Among the ranks of its host.
  int pu = -1;         ///< OS index of the PU it is pinned to; -1: not pinned.
  /// One PU per core that it may use, ascending: its own where the launcher bound the ranks apart,
  /// else those that the ranks of its host share. Empty: not known.
  std::vector<int> cores = {};
};

/// What a rank sent to other ranks, counted where it was handed to the transport: payload, without
/// what the transport adds (headers, acknowledgements, its own protocol's messages).
struct Traffic {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;

  void count(std::size_t size) { ++messages, bytes += size; }
  friend Traffic operator-(Traffic a, Traffic b) {
    return {a.messages - b.messages, a.bytes - b.bytes};
  }
  friend bool operator==(const Traffic&, const Traffic&) = default;
};

/// An operation in flight. A default one is complete. Dropping an incomplete one is a bug.
class Request {
 public:
  Request() = default;
  explicit Request(void* handle) : handle_(handle) {}
  [[nodiscard]] bool is_complete_handle() const { return handle_ == nullptr; }
  [[nodiscard]] void* handle() const { return handle_; }
  void clear() { handle_ = nullptr; }

 private:
  void* handle_ = nullptr;
};

class Communicator {
 public:
  virtual ~Communicator() = default;

  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int size() const = 0;
  [[nodiscard]] virtual const Place& place(int rank) const = 0;
  /// The fabric path, as it stands in result rows: "tcp;ofi_rxm", "net", "shm", "threads".
  [[nodiscard]] virtual const std::string& provider() const = 0;

  /// Starts sending. The bytes must stay as they are until the request completes. A message to
  /// oneself is allowed. Throws PeerLost or TimedOut.
  [[nodiscard]] virtual Request send(int to, Tag tag, std::span<const std::byte> bytes) = 0;
  /// Starts receiving exactly `bytes.size()` bytes. A longer or shorter message is a RunError.
  [[nodiscard]] virtual Request receive(int from, Tag tag, std::span<std::byte> bytes) = 0;
  /// True when complete; the request is then cleared. Makes progress.
  virtual bool test(Request& request) = 0;
  /// Returns when complete; gives up at the communicator's deadline: throws TimedOut naming the
  /// ranks that are waited for, PeerLost when a rank is known to be gone, Interrupted on Ctrl-C.
  virtual void wait(Request& request) = 0;
  /// Moves messages without waiting for any: call it between slices of compute, and inside every
  /// loop that spins on shared memory. Throws PeerLost when a rank is known to be gone, Interrupted
  /// on Ctrl-C.
  virtual void progress() = 0;

  /// By this rank since the transport was opened, over all communicators of it; what it sent to
  /// itself and what went through shared regions is not in it. Two readings around a call give what
  /// the call sent, which for a collective of this project is the same in every run.
  [[nodiscard]] virtual Traffic sent() const = 0;

  /// Longest time any single wait may last; the default is 20 s.
  virtual void set_timeout(Seconds timeout) = 0;
  [[nodiscard]] virtual Seconds timeout() const = 0;

  /// Memory that all ranks of this communicator on this rank's host see: `bytes` long, page-aligned
  /// and zero-filled. Those ranks all call it, with equal `bytes`. Nothing (on all of them) where
  /// this machine or transport does not offer it.
  [[nodiscard]] virtual std::unique_ptr<SharedRegion> shared_region(std::size_t bytes) = 0;

  /// A communicator of the same transport over some of these ranks (in that order); all members
  /// call it with equal `ranks`, others do not. Traffic never mixes with the parent's. Valid while
  /// the parent lives.
  [[nodiscard]] virtual std::unique_ptr<Communicator> subset(const std::vector<int>& ranks) = 0;

  // --- what every transport gets for free (communicator.cpp) ---
  void wait_all(std::span<Request> requests);
  void send_now(int to, Tag tag, std::span<const std::byte> bytes);
  void receive_now(int from, Tag tag, std::span<std::byte> bytes);
  /// Both directions at once, receive posted first.
  void exchange(int to, std::span<const std::byte> out, int from, std::span<std::byte> in, Tag tag);
  /// Dissemination barrier: ceil(log2 p) rounds.
  void barrier();
  /// Gathers one fixed-size block of every rank on all ranks. For set-up and results, not for
  /// timing.
  [[nodiscard]] std::vector<std::vector<std::byte>> gather_all(std::span<const std::byte> mine);
  [[nodiscard]] std::vector<double> gather_all(double mine);
  /// Of what each rank sent. Collective.
  [[nodiscard]] Traffic sum_over_ranks(const Traffic& mine);
  /// From `root` to all; the others' content is replaced. For set-up, not for timing.
  void share(std::vector<std::byte>& bytes, int root);
};

}  // namespace assay::network
