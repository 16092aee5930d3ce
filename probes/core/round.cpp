#include "probes/core/round.hpp"

#include <algorithm>
#include <charconv>

#include "probes/core/errors.hpp"

namespace assay {
namespace {

// Cells hold no control characters: a row's texts come from probes, topology and registries.
constexpr char cell_end = '\x1f';
constexpr char row_end = '\x1e';

bool agrees(const Record& asked, const Record& wanted) {
  static const Column* const launch =
      &*std::ranges::find(measurement_columns(), std::string_view("launch"), &Column::name);
  return std::ranges::all_of(measurement_columns(), [&](const Column& column) {
    if (!column.is_key || &column == launch) return true;
    if (column.text)
      return (asked.*column.text).empty() || asked.*column.text == wanted.*column.text;
    return !is_present(asked.*column.count) || asked.*column.count == wanted.*column.count;
  });
}

}  // namespace

bool Round::wants(const Record& asked) const {
  return wanted.empty() ||
         std::ranges::any_of(wanted, [&](const Record& key) { return agrees(asked, key); });
}

std::string key_text(const Record& row) {
  std::string text;
  for (const Column& column : measurement_columns()) {
    if (!column.is_key) continue;
    if (column.text)
      text += (row.*column.text).str();
    else if (is_present(row.*column.count))
      text += std::to_string(row.*column.count);
    text += cell_end;
  }
  return text;
}

std::string encode_keys(const std::vector<Record>& keys) {
  std::string text;
  for (const Record& key : keys) text += key_text(key) + row_end;
  return text;
}

std::vector<Record> decode_keys(std::string_view text) {
  std::vector<Record> keys;
  const auto cell = [&text]() {
    const std::size_t end = text.find(cell_end);
    if (end == std::string_view::npos) throw RunError("a damaged list of points from the writer");
    const std::string_view value = text.substr(0, end);
    text.remove_prefix(end + 1);
    return value;
  };
  while (!text.empty()) {
    Record key;
    for (const Column& column : measurement_columns()) {
      if (!column.is_key) continue;
      const std::string_view value = cell();
      if (column.text)
        key.*column.text = InternedString(value);
      else if (!value.empty())
        std::from_chars(value.data(), value.data() + value.size(), key.*column.count);
    }
    if (text.empty() || text.front() != row_end)
      throw RunError("a damaged list of points from the writer");
    text.remove_prefix(1);
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace assay
