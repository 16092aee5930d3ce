#pragma once
/// @file
/// The names that people give the columns of a table of times.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::import::times_csv {

/// What a column means.
enum class Meaning {
  ranks,
  threads,
  nodes,
  time,
  scaling,
  bytes,
  name,
  size,
  exit_code,
  status,
  failure,   ///< Not empty, 0 or no: the run failed.
  unit,      ///< Of the row's time.
  per_node,  ///< Ranks on each node.
  warm_up,   ///< Yes: the row is no measurement.
  unused
};

struct NamedColumn {
  Meaning meaning = Meaning::unused;
  double scale = 1;  ///< To seconds.
};

/// "time_ms" of "Time [ms]", "Time (ms)", "time ms".
[[nodiscard]] std::string plain(std::string_view header);
[[nodiscard]] bool is_one_of(const std::string& name, std::initializer_list<const char*> names);
[[nodiscard]] NamedColumn meaning_of(const std::string& header);

/// Seconds in one of that unit; nothing where the text is no unit of time.
[[nodiscard]] std::optional<double> seconds_in_unit(const std::string& text);
/// "ok" false, "failed" true; nothing where the text says neither.
[[nodiscard]] std::optional<bool> says_failed(const std::string& cell);
/// Whether a column by that name says nothing of what was measured: a date, a repetition, a
/// statistic, a remark.
[[nodiscard]] bool is_remark(const std::string& header);

/// A cell of a column, and the number of ranks in its row.
using RankedCell = std::pair<std::string, std::string>;
/// Whether a column of words (networks, compilers) varies at equal ranks: no statistic does.
[[nodiscard]] bool names_setting(const std::vector<RankedCell>& ranks_and_cells);
/// Whether a column is a setting that was swept: it varies at equal ranks, and at least two of its
/// values were tried at several numbers of ranks (or all rows have the same ranks).
[[nodiscard]] bool is_swept(const std::vector<RankedCell>& ranks_and_cells);

}  // namespace assay::import::times_csv
