#pragma once
/// @file
/// The names that people give the columns of a table of times.

#include <initializer_list>
#include <string>
#include <string_view>

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

}  // namespace assay::import::times_csv
