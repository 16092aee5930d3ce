#pragma once
/// @file
/// Inputs whose reduction is known, and the check of a result. Always outside the timed region.
///
/// (a) Exact: small integers that depend on rank, index and iteration, so that any order of
/// reduction gives the
///     same, exactly known result in every type; the output is poisoned before and guarded on both
///     sides.
/// (b) Random floats against a reduction in f64: |error| <= (p-1) u sum|x|, u the type's unit
/// round-off
///     (first-order bound of any summation order; Higham, "Accuracy and Stability", 2002,
///     section 4.2).
/// (c) A 64-bit hash of the result is equal on all ranks, and (d) equal when the call is repeated.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "benchmarks/collectives/all_reduce.hpp"

namespace assay::collectives {

/// The input of one rank for check (a). Values are chosen so that every partial result is exact.
void fill_exact(std::span<std::byte> bytes, network::ElementType type, network::Operation operation,
                int rank, int iteration);
/// Empty when `bytes` is the reduction over all ranks of fill_exact; else what is wrong and where.
[[nodiscard]] std::string check_exact(std::span<const std::byte> bytes, network::ElementType type,
                                      network::Operation operation, int ranks, int iteration);

/// The input of one rank for check (b): uniform in [-1, 1], or near 1 for products; the same
/// everywhere.
void fill_random(std::span<std::byte> bytes, network::ElementType type,
                 network::Operation operation, int rank);
/// Empty when within the bound. i32 is compared exactly (wrapping). `bytes` begins at element
/// `first`.
[[nodiscard]] std::string check_random(std::span<const std::byte> bytes, network::ElementType type,
                                       network::Operation operation, int ranks,
                                       std::size_t first = 0);

/// FNV-1a over 64-bit words.
[[nodiscard]] std::uint64_t hash(std::span<const std::byte> bytes);

/// A vector with poisoned guard bytes on both sides, displaced by `offset` bytes from a page.
class Guarded {
 public:
  Guarded(std::size_t size, std::size_t offset);
  [[nodiscard]] std::span<std::byte> bytes() { return std::span(memory_).subspan(begin_, size_); }
  void poison();
  [[nodiscard]] bool guards_intact() const;

 private:
  std::size_t begin_, size_;
  std::vector<std::byte> memory_;
};

/// Checks configurations one after the other and agrees on the verdict once, at the end.
class Verifier {
 public:
  Verifier(network::Communicator& communicator, AllReduce& all_reduce)
      : communicator_(communicator), all_reduce_(all_reduce) {}
  /// Collective: three calls (exact, random, random again) and all local checks.
  void check(network::ElementType type, network::Operation operation, std::size_t count,
             bool in_place);
  /// Collective. The same on all ranks: empty, or what is wrong on which rank.
  [[nodiscard]] std::string verdict();
  /// By this rank, in the last call of the last check.
  [[nodiscard]] network::Traffic sent() const { return sent_; }

 private:
  network::Communicator& communicator_;
  AllReduce& all_reduce_;
  std::string complaint_;
  network::Traffic sent_;
  std::uint64_t results_ = 0;  ///< Hash over all results so far.
};

/// One configuration. Collective; the same verdict on all ranks.
[[nodiscard]] std::string verify(network::Communicator& communicator, AllReduce& all_reduce,
                                 network::ElementType type, network::Operation operation,
                                 std::size_t count, bool in_place);

/// Gathers a verdict: empty when it is empty on all ranks, else the first rank's complaint.
/// Collective.
[[nodiscard]] std::string agree(network::Communicator& communicator, const std::string& complaint);

}  // namespace assay::collectives
