#include "reports/import/table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::import {

void TableReader::header(const Line& line, const std::string& expected) {
  const HeaderMatch match = match_header(line.text, known_);
  if (!match.unknown.empty() || match.columns.empty())
    document_.refuse(line.number, "", fmt::format("unknown column at \"{}\"", match.unknown),
                     expected);
  columns_ = match.columns;
}

std::optional<std::size_t> TableReader::index_of(std::string_view column) const {
  const auto found = std::find(columns_.begin(), columns_.end(), column);
  if (found == columns_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns_.begin());
}

bool TableReader::take(const Line& line) {
  const std::vector<std::string_view> words = words_of(line.text);
  if (!is_open()) return false;
  // Rows of some tables begin with a name.
  const bool is_named = words.size() == columns_.size() &&
                        (columns_.front() == "function" || columns_.front() == "access" ||
                         columns_.front() == "name");
  if (!is_named && !looks_like_row(words, columns_.size())) return false;
  if (words.size() != columns_.size())
    document_.refuse(line.number, "", fmt::format("\"{}\"", line.text.substr(0, 80)),
                     fmt::format("{}, as the header has", fmt::join(columns_, " ")));
  cells_.assign(words.begin(), words.end());
  line_ = line.number;
  row_lines_.push_back(line_);
  return true;
}

std::string_view TableReader::cell(std::string_view column) const {
  const auto index = index_of(column);
  if (!index)
    document_.refuse(line_, std::string(column), "is not in the header",
                     fmt::format("it beside {}", fmt::join(columns_, " ")));
  return cells_.at(*index);
}

double TableReader::seconds(std::string_view column, double scale) const {
  return seconds_in(document_, line_, std::string(column), cell(column), scale);
}
double TableReader::rate(std::string_view column, double scale) const {
  return rate_in(document_, line_, std::string(column), cell(column), scale);
}
double TableReader::number(std::string_view column) const {
  return number_in(document_, line_, std::string(column), cell(column));
}
std::int64_t TableReader::bytes(std::string_view column) const {
  return bytes_in(document_, line_, std::string(column), cell(column));
}
std::int64_t TableReader::count(std::string_view column) const {
  return count_in(document_, line_, std::string(column), cell(column));
}

std::optional<std::string> value_behind(std::string_view line, std::string_view key) {
  const std::size_t start = line.find_first_not_of(" \t#");
  if (start == std::string_view::npos || line.compare(start, key.size(), key) != 0)
    return std::nullopt;
  std::size_t at = line.find_first_not_of(" \t", start + key.size());
  if (at == std::string_view::npos || (line[at] != ':' && line[at] != '=')) return std::nullopt;
  at = line.find_first_not_of(" \t", at + 1);
  return at == std::string_view::npos ? std::string() : std::string(line.substr(at));
}

}  // namespace assay::import
