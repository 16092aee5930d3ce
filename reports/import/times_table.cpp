#include "reports/import/times_table.hpp"

#include <algorithm>

#include "reports/import/times_columns.hpp"

namespace assay::import::times_csv {

namespace {

/// "sep=;" in the first line is how spreadsheets are told the separator.
bool names_separator(const std::string& text) {
  return text.size() == 5 && lower(text).starts_with("sep=");
}

}  // namespace

std::optional<std::vector<std::string>> cells_of(std::string_view line, char separator) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back() += c;
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == separator && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  if (quoted) return std::nullopt;
  for (std::string& cell : cells) {
    cell.erase(cell.find_last_not_of(" \t") + 1);
    cell.erase(0, std::min(cell.find_first_not_of(" \t"), cell.size()));
  }
  return cells;
}

bool is_comment(const std::string& text) {
  const std::size_t at = text.find_first_not_of(" \t");
  return at == std::string::npos || text[at] == '#';
}

const Line* header_line(const Document& document) {
  for (const Line& line : document.lines)
    if (!is_comment(line.text) && !names_separator(line.text)) return &line;
  return nullptr;
}

char separator_of(const std::string& header) {
  for (const char separator : {',', ';', '\t', '|'}) {
    const auto cells = cells_of(header, separator);
    // No table of times is wider; a line of a megabyte of separators is none at all.
    constexpr std::size_t most_columns = 200;
    if (!cells || cells->size() < 2 || cells->size() > most_columns) continue;
    bool places = false, times = false;
    for (const std::string& cell : *cells) {
      const Meaning meaning = meaning_of(cell).meaning;
      places |=
          meaning == Meaning::ranks || meaning == Meaning::threads || meaning == Meaning::nodes;
      times |= meaning == Meaning::time;
    }
    if (places && times) return separator;
  }
  return '\0';
}

std::optional<Locale> proof_of(const std::string& cell) {
  const std::size_t comma = cell.find(','), point = cell.find('.');
  if (comma == std::string::npos) {
    const bool several = std::count(cell.begin(), cell.end(), '.') > 1;
    if (several) return Locale{',', '.'};
    return std::nullopt;
  }
  if (point != std::string::npos)
    return cell.rfind(',') > cell.rfind('.') ? Locale{',', '.'} : Locale{'.', ','};
  if (std::count(cell.begin(), cell.end(), ',') > 1) return Locale{'.', ','};
  const std::size_t behind = cell.size() - comma - 1;
  const bool grouping_possible = behind == 3 && comma >= 1 && comma <= 3 && cell[0] != '0';
  if (grouping_possible) return std::nullopt;
  return Locale{',', '\0'};
}

}  // namespace assay::import::times_csv
