#pragma once
/// @file
/// One round of a run: what a probe is asked to measure now, and how much of its time it may take.
///
/// A run measures its points in several rounds spread over its whole duration; the replicate is the
/// round. The first round measures everything. Later ones ask for some points only: those that
/// decide, and those whose intervals are too wide. A probe asks `wants` before it measures a point.

#include <string>
#include <string_view>
#include <vector>

#include "probes/core/record.hpp"
#include "probes/core/units.hpp"

namespace assay {

struct Round {
  int number = 1;   ///< From 1.
  int planned = 1;  ///< Rounds of the whole plan: a probe's time is divided among them.
  /// Keys of the points that this round is to measure. Empty: all.
  std::vector<Record> wanted = {};

  [[nodiscard]] bool is_first() const { return number <= 1; }
  /// Whether a point is to be measured. `asked` is its row as far as it is known before: cells that
  /// are empty in it may hold anything. Launch and numbers do not count.
  [[nodiscard]] bool wants(const Record& asked) const;
  /// What one round may take of a time meant for the whole run.
  [[nodiscard]] Seconds share(Seconds whole) const {
    return whole / static_cast<double>(planned < 1 ? 1 : planned);
  }
};

/// Keys as one text, for ranks that did not see the rows: what `decode_keys` reads.
[[nodiscard]] std::string encode_keys(const std::vector<Record>& keys);
/// Throws RunError for a text that is none.
[[nodiscard]] std::vector<Record> decode_keys(std::string_view text);
/// The key cells of a row and nothing else. Two rows of one point have equal texts.
[[nodiscard]] std::string key_text(const Record& row);

}  // namespace assay
