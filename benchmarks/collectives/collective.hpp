#pragma once
/// @file
/// The collectives of sharded training beside all-reduce: reduce-scatter, all-gather, broadcast,
/// all-to-all. Each is one .cpp that registers a Collective here; it is measured by the probe
/// collective.NAME.
///
/// All are stated over a vector of m bytes cut into p parts that differ by at most one element:
///   reduce_scatter  in: m, out: part `rank` of the sum       allgather  in: part `rank`, out: m
///   broadcast       out: m of rank 0                          alltoall  in: m, out: part `rank` of
///   each rank's m

#include <functional>
#include <span>
#include <string>

#include "benchmarks/collectives/all_reduce.hpp"

namespace assay::collectives {

struct CollectiveCall {
  std::span<const std::byte> in;
  std::span<std::byte> out;
  std::size_t bytes = 0;  ///< m
  network::ElementType type = network::ElementType::f32;
  network::Operation operation = network::Operation::sum;

  [[nodiscard]] std::size_t element() const { return network::size_of(type); }
  /// Of the vector of m bytes.
  [[nodiscard]] Part part_of_rank(const network::Communicator& communicator, int rank) const {
    return part(bytes, element(), static_cast<std::size_t>(communicator.size()),
                static_cast<std::size_t>(rank));
  }
};

/// What a rank holds before and after a call.
struct CollectiveSizes {
  std::size_t in = 0;
  std::size_t out = 0;
};

struct Collective {
  Description about;  ///< kind = "algorithm"; name as in the probe's name
  std::string topology;
  bool reduces = false;  ///< Uses the operation.
  std::function<CollectiveCost(const CollectiveShape&)> cost;
  std::function<CollectiveSizes(const network::Communicator&, const CollectiveCall&)> sizes;
  std::function<void(network::Communicator&, const CollectiveCall&, Scratch&)> run;
  /// What `out` must be when every rank's `in` is filled by fill_exact; the same iteration
  /// everywhere.
  std::function<void(const network::Communicator&, const CollectiveCall&, int iteration,
                     std::span<std::byte>)>
      expected;
};

/// Registers it, and the probe that measures it as collective.NAME. Called before main.
bool add_collective(Collective collective);

/// Runs a few calls on exact inputs and compares every byte. Collective; the same verdict on all
/// ranks: empty, or what is wrong on which rank.
[[nodiscard]] std::string verify(network::Communicator& communicator, const Collective& collective,
                                 std::size_t count, network::ElementType type, Scratch& scratch);

/// Straight copy of the own part, which no message carries.
void copy_part(std::span<const std::byte> from, std::span<std::byte> to);
/// Ring all-gather of the parts of `bytes`; every rank has its own part in place.
void ring_all_gather(network::Communicator& communicator, std::span<std::byte> bytes,
                     std::size_t element, network::Tag tag);

}  // namespace assay::collectives
