#pragma once
/// @file
/// The timed loops of the network probes: a visit is a few repetitions of one pattern at one size,
/// with its payload verified outside the timed region.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "probes/network/alpha_beta_options.hpp"
#include "probes/network/transport/communicator.hpp"

namespace assay::network {

/// Where messages come from and go to. `fresh`: every iteration has buffers of its own, and evict()
/// pushes them out of the caches by writing twice the last-level cache (at most 256 MiB).
class MessageBuffers {
 public:
  MessageBuffers(std::size_t largest, bool fresh);
  [[nodiscard]] std::span<std::byte> out(std::size_t size, int iteration);
  [[nodiscard]] std::span<std::byte> in(std::size_t size, int iteration);
  /// A pattern that depends on position and seed, in every buffer that `iterations` touch.
  void fill_out(std::size_t size, int iterations, std::uint64_t seed);
  void poison_in(std::size_t size, int iterations);
  [[nodiscard]] bool in_is(std::size_t size, int iterations, std::uint64_t seed);
  void evict();
  /// Buffers of that size; iterations beyond them start over. 1 when not fresh.
  [[nodiscard]] int distinct(std::size_t size) const;

 private:
  [[nodiscard]] std::size_t offset(std::size_t size, int iteration) const;
  std::vector<std::byte> out_memory_, in_memory_, evictor_;
  std::span<std::byte> out_,
      in_;  ///< From the first page on: copies are slower across cache lines.
};

inline constexpr int stream_window = 16;

struct Visit {
  Pattern pattern = Pattern::ping_pong;
  std::size_t size = 0;
  int iterations = 1;
  int warmup = 1;              ///< Dropped, before the iterations.
  std::uint64_t seed = 0;      ///< Of the payload.
  int window = stream_window;  ///< Messages in flight of Pattern::stream.
};

struct VisitResult {
  std::vector<double> times;       ///< Seconds per message, one way; of the rank that leads.
  std::vector<double> send_calls;  ///< Seconds inside the send call.
  bool is_correct = true;          ///< On both ends.
  Traffic sent;                    ///< By this rank in all iterations, warm-up included.
};

/// Both ends call it with equal visits. The one that `leads` times; the other's times are empty.
[[nodiscard]] VisitResult run_visit(Communicator& communicator, int peer, bool leads,
                                    const Visit& visit, MessageBuffers& buffers);

}  // namespace assay::network
