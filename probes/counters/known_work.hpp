#pragma once
/// @file
/// Work whose operations are known by construction, for testing counters against.
///
/// In assembly where the architecture is known, so that no compiler changes the counts.

#include <cstdint>
#include <memory>
#include <vector>

namespace assay::counters {

/// Scalar f64 additions, one FLOP each, in a register.
struct KnownAdditions {
  std::uint64_t flops;         ///< A multiple of 64.
  std::uint64_t instructions;  ///< 0 where unknown (an architecture without our assembly).
};
KnownAdditions run_known_additions(std::uint64_t blocks_of_64);

/// A buffer whose lines are flushed from all caches and then read once each, in random order, by a
/// chain of dependent loads: every read is a miss of every level. One line in each two, since the
/// hardware fetches lines in pairs.
class KnownLines {
 public:
  explicit KnownLines(std::uint64_t lines);
  /// False where lines cannot be flushed (an architecture without our assembly).
  [[nodiscard]] static bool can_flush();
  void flush();
  /// Reads each line once. Returns the sum of what was read, so that nothing is elided.
  std::uint64_t run() const;
  [[nodiscard]] std::uint64_t lines() const { return lines_; }

 private:
  std::uint64_t lines_;
  std::vector<std::uint64_t> storage_;
  std::uint64_t* first_;
};

}  // namespace assay::counters
