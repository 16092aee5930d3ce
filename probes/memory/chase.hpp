#pragma once
/// @file
/// Pointer chases: rings of lines in an order no prefetcher follows, so that each load waits for
/// the last.
///
///   random       one random cycle over all lines: pays page walks beyond the reach of the TLB
///   page_random  random within groups of 64 base pages, group after group: the TLB stays warm
/// Source: lmbench lat_mem_rd (the idea), multichase (groups of 64 pages). The order is a
/// permutation computed from the index (a keyed bijection, walked until it falls into range), not a
/// shuffled table, so a ring of gigabytes is built by all cores at once and any number of steps can
/// be verified. Not measured: loads that overlap; that is memory.bandwidth.

#include <cstddef>
#include <cstdint>

#include "probes/core/units.hpp"
#include "probes/host/pinned_pool.hpp"

namespace assay::memory {

enum class ChaseOrder { random, page_random };

/// A keyed permutation of [0, count). @pre count > 0
class Permutation {
 public:
  Permutation(std::uint64_t count, std::uint64_t key);
  [[nodiscard]] std::uint64_t operator()(std::uint64_t index) const;

 private:
  [[nodiscard]] std::uint64_t mix(std::uint64_t value) const;
  std::uint64_t count_;
  std::uint64_t key_;
  std::uint64_t mask_;  // of the smallest power of two not below count
  int shift_;
};

inline constexpr Bytes line_size = 64_B;
inline constexpr Bytes group_size = 256_KiB;  ///< 64 base pages.

/// A ring in memory that the caller owns. Each line's first 8 bytes hold the address of the next
/// line.
class Chase {
 public:
  /// Lays the ring over `set` bytes at `base`, one line every `stride` bytes. Nothing is written
  /// before `write`. @pre set >= 2 stride, stride a multiple of 8
  Chase(std::byte* base, Bytes set, Bytes stride, ChaseOrder order, std::uint64_t key = 1);
  /// Writes the ring, each thread of `pool` a part.
  void write(PinnedPool& pool) const;

  [[nodiscard]] std::uint64_t lines() const { return lines_; }
  /// Address of the line visited after `step` steps from the start.
  [[nodiscard]] void* at(std::uint64_t step) const;

 private:
  [[nodiscard]] std::uint64_t line_of(std::uint64_t step) const;
  std::byte* base_;
  std::uint64_t stride_;
  std::uint64_t lines_;
  std::uint64_t lines_per_group_;
  Permutation within_;
  Permutation last_group_;
};

/// Follows `steps` pointers from `start`, a multiple of 8; gives where it ends.
[[nodiscard]] void* run_chase(void* start, std::uint64_t steps);

}  // namespace assay::memory
