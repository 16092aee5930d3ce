/// @file
/// A table of times over ranks, one line per launch, with the column names people use; the
/// separator and the decimal mark are decided once for the whole file.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "probes/core/number.hpp"
#include "reports/import/format.hpp"
#include "reports/import/times_columns.hpp"
#include "reports/import/times_table.hpp"

namespace assay::import::times_csv {

namespace {

const char* const expected_columns =
    "a column of ranks (ranks, np, procs, cores, nodes ...) and one of times (time, seconds, "
    "time_ms ...)";

struct Row {
  std::size_t line;
  std::vector<std::string> cells;
};

class Reader {
 public:
  explicit Reader(const Document& document) : document_(document) {}

  Imported read() {
    const Line* header = header_line(document_);
    separator_ = separator_of(header->text);
    read_header(*header);
    read_rows(*header);
    if (rows_.empty()) document_.refuse(0, "", "no times", expected_columns);
    refuse_unit_in_comments(*header);
    drop_warm_up();
    drop_results();
    find_scaling();
    compare_sizes();
    find_settings();
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
    for (const std::string& cell : *cells) {
      const NamedColumn column = meaning_of(cell);
      names_.push_back(cell);
      columns_.push_back(column);
      if (column.meaning == Meaning::unused) continue;
      const auto [other, is_new] = seen.emplace(column.meaning, cell);
      const bool may_repeat =
          column.meaning == Meaning::size || column.meaning == Meaning::status ||
          column.meaning == Meaning::failure || column.meaning == Meaning::exit_code;
      if (!is_new && !may_repeat)
        document_.refuse(line.number, cell,
                         fmt::format("means the same as column {}", other->second),
                         "one column of each kind");
    }
    rank_column_ = index_of(Meaning::ranks);
    if (!rank_column_ && index_of(Meaning::threads)) {
      rank_column_ = index_of(Meaning::threads);
      columns_[*rank_column_].meaning = Meaning::ranks;
      imported_.notes.push_back(fmt::format("column {} is taken as ranks", names_[*rank_column_]));
    }
    if (!rank_column_ && index_of(Meaning::per_node)) {
      rank_column_ = index_of(Meaning::nodes);
    } else if (!rank_column_) {
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
      case Meaning::failure:
      case Meaning::unit:
      case Meaning::per_node:
      case Meaning::warm_up:
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
        if (digits != 3 || k == 0 || k > mark || (k == 1 && cell[0] == '0'))
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
    std::int64_t per_node = 0;
    std::string failed, sizes, settings;
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
        case Meaning::failure:
          if (is_failure(row.line, column, cell, columns_[i].meaning))
            failed = fmt::format("column {} says \"{}\"", column, cell);
          break;
        case Meaning::size:
          sizes += fmt::format("{}{}={}", sizes.empty() ? "" : " ", column, cell);
          break;
        case Meaning::per_node:
          per_node = count_in(document_, row.line, column, cell);
          break;
        case Meaning::unit:
        case Meaning::ranks:
        case Meaning::warm_up:
        case Meaning::unused:
          break;
      }
      if (settings_.contains(i)) settings += fmt::format(" {}={}", column, cell);
    }
    if (per_node > 0) place(record, per_node, row);
    if (is_present(record.nodes) && record.ranks < record.nodes)
      document_.refuse(row.line, names_[*rank_column_],
                       fmt::format("{} on {} nodes", record.ranks, record.nodes),
                       "at least one rank on each node");
    if (sizes_vary_ && record.scaling == "strong")
      record.operation = record.operation.empty() ? sizes : record.operation.str() + " " + sizes;
    if (!settings.empty())
      record.operation =
          record.operation.empty() ? settings.substr(1) : record.operation.str() + settings;
    imported_.records.push_back(failed.empty() ? with_value(record, seconds, seconds, seconds)
                                               : without_value(record, incorrect(failed)));
  }

  double time_in(const Row& row, std::size_t i, const std::string& number) const {
    if (!parse_number(number))
      document_.refuse(row.line, names_[i],
                       row.cells[i].empty() ? "is empty" : fmt::format("\"{}\"", row.cells[i]),
                       "a time above 0; without this line the others can still be fitted");
    double scale = columns_[i].scale;
    if (const auto unit = index_of(Meaning::unit)) {
      const auto stated = seconds_in_unit(lower(row.cells[*unit]));
      if (!stated || (scale != 1 && scale != *stated))
        document_.refuse(row.line, names_[*unit], fmt::format("\"{}\"", row.cells[*unit]),
                         "a unit of time, and that of the column of times");
      scale = *stated;
    }
    return seconds_in(document_, row.line, names_[i], number, scale);
  }

  /// Ranks from nodes and ranks per node, or held against them.
  void place(Record& record, std::int64_t per_node, const Row& row) const {
    if (!is_present(record.nodes)) return;
    const std::int64_t ranks = record.nodes * per_node;
    if (columns_[*rank_column_].meaning == Meaning::nodes) record.ranks = ranks;
    if (record.ranks > ranks || record.ranks <= ranks - per_node)
      document_.refuse(row.line, names_[*rank_column_],
                       fmt::format("{} on {} nodes of {}", record.ranks, record.nodes, per_node),
                       fmt::format("{} to {}", ranks - per_node + 1, ranks));
  }

  /// A unit that only a comment tells would be overlooked.
  void refuse_unit_in_comments(const Line& header) const {
    const auto time = index_of(Meaning::time);
    if (columns_[*time].scale != 1 || index_of(Meaning::unit)) return;
    for (const Line& line : document_.lines) {
      if (!is_comment(line.text)) continue;
      std::string word;
      for (const char c : lower(line.text) + " ") {
        if (c >= 'a' && c <= 'z') {
          word += c;
          continue;
        }
        const auto scale = word.size() > 1 ? seconds_in_unit(word) : std::nullopt;
        if (scale && *scale != 1)
          document_.refuse(line.number, "", fmt::format("a comment that speaks of {}", word),
                           fmt::format("the unit in the name of the column of times (line {}), "
                                       "e.g. time_{}",
                                       header.number, word));
        word.clear();
      }
    }
  }

  void drop_warm_up() {
    const auto column = index_of(Meaning::warm_up);
    if (!column) return;
    const std::string name = plain(names_[*column]);
    const bool is_phase = name == "phase" || name == "stage";
    const std::size_t dropped = std::erase_if(rows_, [&](const Row& row) {
      const std::string low = lower(row.cells[*column]);
      return low.starts_with("warm") ||
             (!is_phase && !is_one_of(low, {"", "0", "no", "n", "false"}));
    });
    if (dropped > 0) imported_.notes.push_back(fmt::format("{} rows of warm-up left out", dropped));
    // Other phases are other measurements.
    if (is_phase) columns_[*column].meaning = Meaning::unused;
    if (rows_.empty())
      document_.refuse(0, names_[*column], "only warm-up", "times of measurements");
  }

  /// Columns that nobody knows: a setting that was swept makes other measurements, the rest is not
  /// used, which is said.
  void find_settings() {
    std::string unused;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const bool is_unknown = columns_[i].meaning == Meaning::unused;
      if (!is_unknown && (columns_[i].meaning != Meaning::threads || i == rank_column_)) continue;
      std::vector<RankedCell> cells;
      for (const Row& row : rows_) {
        std::string fixed;
        for (std::size_t k = 0; k < columns_.size(); ++k)
          if (columns_[k].meaning == Meaning::size || columns_[k].meaning == Meaning::name ||
              columns_[k].meaning == Meaning::bytes || columns_[k].meaning == Meaning::nodes)
            fixed += row.cells[k] + "|";
        cells.emplace_back(fixed + row.cells[*rank_column_], row.cells[i]);
      }
      if ((!is_unknown || !is_remark(names_[i])) && (is_swept(cells) || names_setting(cells)))
        settings_.insert(i);
      else if (is_unknown)
        unused += (unused.empty() ? "" : ", ") + (names_[i].empty() ? "\"\"" : names_[i]);
    }
    if (!unused.empty()) imported_.notes.push_back("columns not used: " + unused);
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
    if (meaning == Meaning::failure) {
      const std::string low = lower(cell);
      return !is_one_of(low, {"", "0", "no", "n", "none", "false", "-", "ok", "nan", "null"});
    }
    if (const auto failed = says_failed(cell)) return *failed;
    document_.refuse(line, column, fmt::format("\"{}\"", cell), "ok or failed");
  }

  /// "error" with fractions is a deviation, no count of failures.
  [[nodiscard]] bool has_fraction(std::size_t i) const {
    return std::ranges::any_of(rows_, [&](const Row& row) {
      const auto number = parse_number(row.cells[i]);
      return number && *number != std::floor(*number);
    });
  }

  /// A column "result" of numbers is what was computed, not whether it was right.
  void drop_results() {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto is_number = [&](const Row& row) {
        const auto number = parse_number(row.cells[i]);
        return number && *number != 0 && *number != 1;
      };
      const bool is_result = columns_[i].meaning == Meaning::status;
      const bool is_deviation = plain(names_[i]) == "error" && has_fraction(i);
      if (is_deviation) columns_[i].meaning = Meaning::unused;
      if (!is_result || std::none_of(rows_.begin(), rows_.end(), is_number)) continue;
      columns_[i].meaning = Meaning::unused;
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
  std::set<std::size_t> settings_;  ///< Columns that are part of what was measured.
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
