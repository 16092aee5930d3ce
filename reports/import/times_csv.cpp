/// @file
/// A table of times over ranks, one line per launch, with the column names people use; the
/// separator and the decimal mark are decided once for the whole file.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "probes/core/number.hpp"
#include "reports/import/format.hpp"
#include "reports/import/times_columns.hpp"

namespace assay::import::times_csv {

namespace {

const char* const expected_columns =
    "a column of ranks (ranks, np, procs, cores, nodes ...) and one of times (time, seconds, "
    "time_ms ...)";

struct Row {
  std::size_t line;
  std::vector<std::string> cells;
};

/// Cells of a line by RFC 4180: quotes around a cell, doubled within. Nothing where a quote stays
/// open.
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

/// "sep=;" in the first line is how spreadsheets are told the separator.
bool names_separator(const std::string& text) {
  return text.size() == 5 && lower(text).starts_with("sep=");
}

const Line* header_line(const Document& document) {
  for (const Line& line : document.lines)
    if (!is_comment(line.text) && !names_separator(line.text)) return &line;
  return nullptr;
}

/// The separator that gives the header a column of times and one of ranks; 0 where none does.
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

/// The decimal mark of all numbers of the file, and the mark between thousands, 0 for none.
struct Locale {
  char decimal = '.', thousands = '\0';
};

/// What one cell proves: "1.234,5" the marks of both kinds; "1,62" a decimal comma; "1,234"
/// nothing.
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

class Reader {
 public:
  explicit Reader(const Document& document) : document_(document) {}

  Imported read() {
    const Line* header = header_line(document_);
    separator_ = separator_of(header->text);
    read_header(*header);
    read_rows(*header);
    if (rows_.empty()) document_.refuse(0, "", "no times", expected_columns);
    drop_results();
    find_scaling();
    compare_sizes();
    settle_locale();
    for (const Row& row : rows_) add(row);
    if (imported_.records.empty()) document_.refuse(0, "", "no times", expected_columns);
    refuse_cut();
    std::map<std::string, int> launches;
    for (Record& record : imported_.records)
      record.launch =
          std::to_string(++launches[fmt::format("{} {} {} {}", record.ranks, record.operation.str(),
                                                record.scaling.str(), record.bytes)]);
    return std::move(imported_);
  }

 private:
  void read_header(const Line& line) {
    const auto cells = cells_of(line.text, separator_);
    std::map<Meaning, std::string> seen;
    std::string unused;
    for (const std::string& cell : *cells) {
      const NamedColumn column = meaning_of(cell);
      names_.push_back(cell);
      columns_.push_back(column);
      if (column.meaning == Meaning::unused) {
        unused += (unused.empty() ? "" : ", ") + (cell.empty() ? "\"\"" : cell);
        continue;
      }
      const auto [other, is_new] = seen.emplace(column.meaning, cell);
      const bool may_repeat = column.meaning == Meaning::size ||
                              column.meaning == Meaning::status ||
                              column.meaning == Meaning::exit_code;
      if (!is_new && !may_repeat)
        document_.refuse(line.number, cell,
                         fmt::format("means the same as column {}", other->second),
                         "one column of each kind");
    }
    if (!unused.empty()) imported_.notes.push_back("columns not used: " + unused);
    rank_column_ = index_of(Meaning::ranks);
    if (!rank_column_ && index_of(Meaning::threads)) {
      rank_column_ = index_of(Meaning::threads);
      columns_[*rank_column_].meaning = Meaning::ranks;
      imported_.notes.push_back(fmt::format("column {} is taken as ranks", names_[*rank_column_]));
    }
    if (!rank_column_) {
      rank_column_ = index_of(Meaning::nodes);
      imported_.notes.push_back(
          fmt::format("column {} is taken as ranks, too: one on each node", names_[*rank_column_]));
    }
  }

  [[nodiscard]] std::optional<std::size_t> index_of(Meaning meaning) const {
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].meaning == meaning) return i;
    return std::nullopt;
  }

  void read_rows(const Line& header) {
    for (const Line& line : document_.lines) {
      if (line.number <= header.number || is_comment(line.text)) continue;
      auto cells = cells_of(line.text, separator_);
      if (!cells) document_.refuse(line.number, "", "a quote that is not closed", "\" in pairs");
      if (cells->size() != columns_.size())
        document_.refuse(line.number, "", fmt::format("{} columns", cells->size()),
                         fmt::format("{}, as the header has{}", columns_.size(),
                                     cells->size() > columns_.size() && separator_ == ','
                                         ? " (a decimal comma needs ; between columns, or quotes)"
                                         : ""));
      rows_.push_back({line.number, std::move(*cells)});
    }
  }

  [[nodiscard]] bool is_number_column(std::size_t i) const {
    switch (columns_[i].meaning) {
      case Meaning::ranks:
      case Meaning::threads:
      case Meaning::nodes:
      case Meaning::time:
      case Meaning::bytes:
        return true;
      case Meaning::scaling:
      case Meaning::name:
      case Meaning::size:
      case Meaning::exit_code:
      case Meaning::status:
      case Meaning::unused:
        break;
    }
    return false;
  }

  void settle_locale() {
    std::size_t proved_at = 0;
    std::optional<Locale> proved;
    bool any_comma = false;
    std::size_t comma_line = 0;
    std::string comma_cell;
    for (const Row& row : rows_)
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (!is_number_column(i)) continue;
        const std::string& cell = row.cells[i];
        if (cell.find(',') != std::string::npos && !any_comma) {
          any_comma = true;
          comma_line = row.line;
          comma_cell = cell;
        }
        const std::optional<Locale> here = proof_of(cell);
        if (!here) continue;
        if (proved && proved->decimal != here->decimal)
          document_.refuse(row.line, names_[i], fmt::format("\"{}\"", cell),
                           fmt::format("a decimal {} as in line {}",
                                       proved->decimal == ',' ? "comma" : "point", proved_at));
        if (!proved || here->thousands != '\0') proved = here;
        if (proved_at == 0) proved_at = row.line;
      }
    if (any_comma && !proved)
      document_.refuse(
          comma_line, "",
          fmt::format("\"{}\" may have a decimal comma or one between thousands", comma_cell),
          "a file in which one number shows which (e.g. 1.234,5 or 1,234.5)");
    if (!proved) return;
    locale_ = *proved;
    imported_.notes.push_back(fmt::format(
        "numbers have a decimal {}{} (line {})", locale_.decimal == ',' ? "comma" : "point",
        locale_.thousands == '\0' ? ""
                                  : fmt::format(" and \"{}\" between thousands", locale_.thousands),
        proved_at));
  }

  /// With the marks of this file turned into a decimal point; thousands only in groups of three.
  [[nodiscard]] std::string in_our_locale(const Row& row, std::size_t i) const {
    const std::string& cell = row.cells[i];
    const char thousands = locale_.thousands != '\0' ? locale_.thousands
                           : locale_.decimal == ','  ? '.'
                                                     : '\0';
    std::string plain_cell;
    const std::size_t mark = cell.find(locale_.decimal);
    for (std::size_t k = 0; k < cell.size(); ++k) {
      if (cell[k] == thousands && thousands != '\0') {
        std::size_t digits = 0;
        while (k + 1 + digits < cell.size() && cell[k + 1 + digits] >= '0' &&
               cell[k + 1 + digits] <= '9')
          ++digits;
        if (digits != 3 || k == 0 || k > mark)
          document_.refuse(row.line, names_[i], fmt::format("\"{}\"", cell),
                           "digits in groups of three");
        continue;
      }
      plain_cell += cell[k] == locale_.decimal ? '.' : cell[k];
    }
    return plain_cell;
  }

  void add(const Row& row) {
    Record record{.probe = "workload.exec",
                  .metric = "step_time",
                  .unit = unit::seconds,
                  .scaling = "strong"};
    double seconds = 0;
    std::string failed, sizes;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string& column = names_[i];
      const std::string& cell = row.cells[i];
      const auto number = [&] { return in_our_locale(row, i); };
      if (i == rank_column_) record.ranks = count_in(document_, row.line, column, number());
      switch (columns_[i].meaning) {
        case Meaning::nodes:
          record.nodes = count_in(document_, row.line, column, number());
          break;
        case Meaning::threads:
          record.threads = count_in(document_, row.line, column, number());
          break;
        case Meaning::bytes:
          record.bytes = bytes_in(document_, row.line, column, number());
          break;
        case Meaning::time:
          seconds = time_in(row, i, number());
          break;
        case Meaning::name:
          record.operation = cell;
          break;
        case Meaning::scaling:
          record.scaling = scaling_in(row.line, column, cell);
          break;
        case Meaning::exit_code:
        case Meaning::status:
          if (is_failure(row.line, column, cell, columns_[i].meaning))
            failed = fmt::format("column {} says \"{}\"", column, cell);
          break;
        case Meaning::size:
          sizes += fmt::format("{}{}={}", sizes.empty() ? "" : " ", column, cell);
          break;
        case Meaning::ranks:
        case Meaning::unused:
          break;
      }
    }
    if (is_present(record.nodes) && record.ranks < record.nodes)
      document_.refuse(row.line, names_[*rank_column_],
                       fmt::format("{} on {} nodes", record.ranks, record.nodes),
                       "at least one rank on each node");
    if (sizes_vary_ && record.scaling == "strong")
      record.operation = record.operation.empty() ? sizes : record.operation.str() + " " + sizes;
    imported_.records.push_back(failed.empty() ? with_value(record, seconds, seconds, seconds)
                                               : without_value(record, incorrect(failed)));
  }

  double time_in(const Row& row, std::size_t i, const std::string& number) const {
    if (!parse_number(number))
      document_.refuse(row.line, names_[i],
                       row.cells[i].empty() ? "is empty" : fmt::format("\"{}\"", row.cells[i]),
                       "a time above 0; without this line the others can still be fitted");
    return seconds_in(document_, row.line, names_[i], number, columns_[i].scale);
  }

  std::string scaling_in(std::size_t line, const std::string& column,
                         const std::string& cell) const {
    std::string low = lower(cell);
    for (const char* end : {" scaling", "-scaling", "_scaling"})
      if (low.ends_with(end)) low.resize(low.size() - std::string_view(end).size());
    if (low != "strong" && low != "weak")
      document_.refuse(line, column, fmt::format("\"{}\"", cell), "strong or weak");
    return low;
  }

  /// A run that failed has a time, too: that of its failure.
  [[nodiscard]] bool is_failure(std::size_t line, const std::string& column,
                                const std::string& cell, Meaning meaning) const {
    if (meaning == Meaning::exit_code) {
      const auto code = parse_number(cell);
      if (!code) document_.refuse(line, column, fmt::format("\"{}\"", cell), "an exit code");
      return *code != 0;
    }
    const std::string low = lower(cell);
    if (is_one_of(low, {"ok", "okay", "pass", "passed", "success", "succeeded", "successful",
                        "done", "complete", "completed", "finished", "true", "yes", "y", "1",
                        "valid", "correct", "verified", "good"}))
      return false;
    if (is_one_of(
            low, {"fail",      "failed",    "failure", "error",     "false",         "no",
                  "n",         "0",         "invalid", "incorrect", "wrong",         "timeout",
                  "timed out", "timed_out", "killed",  "oom",       "out_of_memory", "cancelled",
                  "canceled",  "crashed",   "aborted", "node_fail", "skipped",       "unverified"}))
      return true;
    document_.refuse(line, column, fmt::format("\"{}\"", cell), "ok or failed");
  }

  /// A column "result" of numbers is what was computed, not whether it was right.
  void drop_results() {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto is_number = [&](const Row& row) {
        const auto number = parse_number(row.cells[i]);
        return number && *number != 0 && *number != 1;
      };
      if (columns_[i].meaning != Meaning::status ||
          std::none_of(rows_.begin(), rows_.end(), is_number))
        continue;
      columns_[i].meaning = Meaning::unused;
      imported_.notes.push_back(fmt::format("column not used: {}", names_[i]));
    }
  }

  /// A column that nobody knows, but whose every cell says how the study scales.
  void find_scaling() {
    if (index_of(Meaning::scaling)) return;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string name = plain(names_[i]);
      if (columns_[i].meaning == Meaning::unused && (name == "weak" || name == "strong"))
        document_.refuse(rows_.front().line, names_[i], "a column of its own",
                         "a column scaling with strong or weak");
      if (columns_[i].meaning != Meaning::unused || rows_.empty()) continue;
      const auto says = [&](const Row& row) {
        const std::string low = lower(row.cells[i]);
        return low.starts_with("strong") || low.starts_with("weak");
      };
      if (std::all_of(rows_.begin(), rows_.end(), says)) {
        columns_[i].meaning = Meaning::scaling;
        return;
      }
    }
  }

  /// Sizes of the problem: several of them are several studies, and one that grows with the ranks
  /// is weak scaling, which the file then has to say.
  void compare_sizes() {
    std::map<std::string, std::set<std::string>> ranks_of;
    std::string named;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].meaning == Meaning::size) named = names_[i];
    if (named.empty()) return;
    for (const Row& row : rows_) {
      std::string sizes;
      for (std::size_t i = 0; i < columns_.size(); ++i)
        if (columns_[i].meaning == Meaning::size) sizes += row.cells[i] + "|";
      ranks_of[sizes].insert(row.cells[*rank_column_]);
    }
    sizes_vary_ = ranks_of.size() > 1;
    if (!sizes_vary_ || index_of(Meaning::scaling)) return;
    for (const auto& [size, ranks] : ranks_of)
      if (ranks.size() > 1) return;
    document_.refuse(
        rows_.front().line, named, "is another one for every number of ranks",
        "a column scaling that says weak, or the same size for several numbers of ranks");
  }

  void refuse_cut() const {
    std::vector<std::size_t> lines;
    for (const Row& row : rows_) lines.push_back(row.line);
    refuse_cut_number(document_, lines);
  }

  const Document& document_;
  Imported imported_;
  char separator_ = ',';
  Locale locale_;
  std::vector<std::string> names_;
  std::vector<NamedColumn> columns_;
  std::optional<std::size_t> rank_column_;
  bool sizes_vary_ = false;
  std::vector<Row> rows_;
};

bool recognises(const Document& document) {
  const Line* header = header_line(document);
  return header != nullptr && !document.json && separator_of(header->text) != '\0';
}

const bool registered = Registry<Format>::add(
    {.about = format_description(
         "times-csv",
         "a table of times over ranks: CSV with , ; tab or |, columns by the names people use "
         "(np, procs, cores, nodes, time_ms, seconds ...), decimal point or comma",
         "Columns by their names; one decimal mark for the whole file; bounds of times and ranks."),
     .recognises = recognises,
     .read = [](const Document& document) { return Reader(document).read(); }});

}  // namespace

}  // namespace assay::import::times_csv
