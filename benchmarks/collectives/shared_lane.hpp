#pragma once
/// @file
/// The lane inside a host: ranks reduce and gather through memory they share.
///
/// A vector travels in chunks through staging areas that stay in the caches. Of each chunk every
/// owner reduces its piece straight from the other ranks' staging areas, in the order of the ranks,
/// and all others fetch it from there. Staging, reducing and fetching of consecutive chunks
/// overlap, and three buffers per area make two counters per rank the only synchronisation. Short
/// vectors need one counter and no second phase: everybody reduces everything. Not done: reading
/// other processes' private memory by system call, which containers forbid.

#include <cstdint>
#include <memory>
#include <vector>

#include "benchmarks/collectives/all_reduce.hpp"
#include "probes/network/transport/shared_memory.hpp"

namespace assay::collectives {

class SharedLane {
 public:
  /// Collective over `host`, whose ranks live on one host. Nothing, on all ranks, when memory
  /// cannot be shared.
  static std::unique_ptr<SharedLane> create(network::Communicator& host);

  void all_reduce(const AllReduceCall& call);
  /// `call.out` gets part `rank` of `owners`, reduced; the rest of it is left undefined. Ranks from
  /// `owners` on own nothing.
  void reduce_scatter(const AllReduceCall& call, int owners);
  /// Every owner has its part of `bytes` in place; afterwards everybody has all of it.
  void all_gather(std::span<std::byte> bytes, std::size_t element, int owners);

  /// Every rank takes over its right neighbour's bytes, all at once: the step whose cost
  /// predictions are made of.
  /// @pre equal sizes
  void exchange(std::span<const std::byte> out, std::span<std::byte> in);

 private:
  struct Area;
  SharedLane(network::Communicator& host, std::unique_ptr<network::SharedRegion> region);
  /// Everybody's bytes, in sources_ by rank, until the next but one of these calls.
  void gather_small(std::span<const std::byte> mine);
  void small_all_reduce(const AllReduceCall& call);

  /// The pieces of chunk `i`: of each owner's part the same stretch.
  struct Job {
    std::span<const std::byte> in;
    std::span<std::byte> out;
    network::ElementType type;
    network::Operation operation;
    std::size_t element;
    int owners;
    std::size_t piece;  ///< Largest, in bytes.
    std::size_t chunks;
  };
  Job make_job(std::span<const std::byte> in, std::span<std::byte> out, network::ElementType type,
               network::Operation operation, std::size_t element, int owners) const;
  [[nodiscard]] Part piece(const Job& job, int owner, std::size_t chunk) const;
  [[nodiscard]] std::byte* staging(int rank, std::uint64_t chunk) const;
  [[nodiscard]] std::byte* free_staging(std::uint64_t chunk) const;
  [[nodiscard]] std::byte* result(int rank, std::uint64_t chunk) const;
  void stage(const Job& job, std::size_t chunk);
  void reduce(const Job& job, std::size_t chunk, bool is_published);
  void publish(const Job& job, std::size_t chunk);
  void fetch(const Job& job, std::size_t chunk);

  [[nodiscard]] Area& area(int rank) const;
  /// Until `counter`, which is `rank`'s, has reached `value`.
  void wait_for(std::uint64_t& counter, std::uint64_t value, int rank) const;
  void wait_for_all(std::uint64_t Area::*counter, std::uint64_t value) const;

  network::Communicator& host_;
  std::unique_ptr<network::SharedRegion> region_;
  int rank_, ranks_;
  std::uint64_t small_calls_ = 0;
  std::uint64_t chunks_done_ = 0;
  std::vector<const std::byte*> sources_;
};

/// Why these ranks cannot share memory; empty when they can. Collective.
[[nodiscard]] std::string sharing_unsupported_reason(network::Communicator& communicator);

}  // namespace assay::collectives
