#include "probes/core/csv.hpp"

// Reading ahead in a thread gains nothing on files that fit the page cache and would not survive a
// fork.
#define CSV_IO_NO_THREAD
// GCC sees the bounded copy of a file name in that header as a possible truncation, which is its
// purpose.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstringop-truncation"
#include <csv.h>
#pragma GCC diagnostic pop
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <type_traits>
#include <utility>

#include "probes/core/errors.hpp"

namespace assay::csv {
namespace {

/// Characters that make a spreadsheet take a text cell for a formula.
constexpr std::string_view formula_starts = "=+-@\t\r";

/// Gives the parser the whole lines of a file: up to `limit` bytes. What a killed writer left
/// behind the last line end is not a line.
class WholeLines final : public io::ByteSourceBase {
 public:
  WholeLines(std::FILE* file, std::uintmax_t limit) : file_(file), left_(limit) {}
  int read(char* buffer, int size) override {
    const auto wanted = static_cast<std::size_t>(
        std::min<std::uintmax_t>(left_, static_cast<std::uintmax_t>(size)));
    const std::size_t got = std::fread(buffer, 1, wanted, file_.get());
    left_ -= got;
    return static_cast<int>(got);
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
  std::uintmax_t left_;
};

struct OpenedFile {
  std::unique_ptr<io::ByteSourceBase> source;
  std::string tail;  ///< What stands behind the last line end: a line that was cut off.
};

/// Index of the column in which a cut-off line ends: separators outside quotes.
std::size_t last_column_of(std::string_view line) {
  bool quoted = false;
  std::size_t column = 0;
  for (char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) ++column;
  }
  return column;
}

OpenedFile open_lines(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  std::FILE* file = error ? nullptr : std::fopen(path.c_str(), "rb");
  if (file == nullptr)
    throw InputError(path.string(), 0, "", "cannot be read", "a CSV file of a run directory");
  // Look for the last line end from the back, block by block.
  std::uintmax_t end = size;
  std::array<char, 4096> block{};
  while (end > 0) {
    const std::uintmax_t begin = end > block.size() ? end - block.size() : 0;
    const auto length = static_cast<std::size_t>(end - begin);
    if (std::fseek(file, static_cast<long>(begin), SEEK_SET) != 0 ||
        std::fread(block.data(), 1, length, file) != length)
      break;
    const auto* last = std::find(std::make_reverse_iterator(block.data() + length),
                                 std::make_reverse_iterator(block.data()), '\n')
                           .base();
    if (last != block.data()) {
      end = begin + static_cast<std::uintmax_t>(last - block.data());
      break;
    }
    end = begin;
  }
  std::string tail(static_cast<std::size_t>(std::min<std::uintmax_t>(size - end, block.size())),
                   ' ');
  if (std::fseek(file, static_cast<long>(end), SEEK_SET) != 0 ||
      std::fread(tail.data(), 1, tail.size(), file) != tail.size())
    tail = "?";
  std::rewind(file);
  return {std::make_unique<WholeLines>(file, end), std::move(tail)};
}

/// Undoes the defusing of text_cell.
std::string_view text_of(std::string_view cell) {
  if (cell.size() > 1 && cell[0] == '\'' && formula_starts.find(cell[1]) != std::string_view::npos)
    cell.remove_prefix(1);
  return cell;
}

std::string shortened(std::string_view cell) {
  return cell.size() <= 40 ? std::string(cell) : std::string(cell.substr(0, 37)) + "...";
}

/// Reads a CSV of N named columns, row by row, as raw cells. Wraps libfccp so that every error says
/// file, line, column and what was expected.
template <std::size_t N>
class Table {
 public:
  Table(const std::filesystem::path& path, const std::array<std::string_view, N>& names,
        bool* dropped_tail)
      : path_(path.string()),
        names_(names),
        opened_(open_lines(path)),
        reader_(path_, std::move(opened_.source)) {
    if (dropped_tail != nullptr) *dropped_tail = !opened_.tail.empty();
    is_strict_ = dropped_tail == nullptr;
    guarded([&] { read_header(std::make_index_sequence<N>()); });
  }

  /// False at the end. The cells live until the next call.
  bool next(std::array<char*, N>& cells) {
    bool more = false;
    guarded([&] { more = read_row(cells, std::make_index_sequence<N>()); });
    if (!more && is_strict_ && !opened_.tail.empty())
      throw InputError(path_, reader_.get_file_line() + 1,
                       std::string(names_[std::min(last_column_of(opened_.tail), N - 1)]),
                       "the line ends here without a line end: the file was cut off",
                       "a complete line");
    return more;
  }

  [[nodiscard]] InputError error(std::size_t column, const std::string& problem,
                                 const std::string& expected) const {
    return {path_, reader_.get_file_line(), std::string(names_[column]), problem, expected};
  }

  [[nodiscard]] double number(const std::array<char*, N>& cells, std::size_t column) const {
    const std::string_view cell(cells[column]);
    if (cell.empty()) return absent;
    double value = 0;
    const auto [end, fault] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (fault != std::errc() || end != cell.data() + cell.size())
      throw error(column, fmt::format("'{}' is not a number", shortened(cell)),
                  "a number or an empty cell");
    return value;
  }

  [[nodiscard]] std::int64_t count(const std::array<char*, N>& cells, std::size_t column) const {
    const std::string_view cell(cells[column]);
    if (cell.empty()) return absent_count;
    std::int64_t value = 0;
    const auto [end, fault] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (fault != std::errc() || end != cell.data() + cell.size() || value < 0)
      throw error(column, fmt::format("'{}' is not a count", shortened(cell)),
                  "a whole number from 0 or an empty cell");
    return value;
  }

 private:
  template <std::size_t... I>
  void read_header(std::index_sequence<I...>) {
    reader_.read_header(io::ignore_extra_column, std::string(names_[I])...);
  }
  template <std::size_t... I>
  bool read_row(std::array<char*, N>& cells, std::index_sequence<I...>) {
    return reader_.read_row(cells[I]...);
  }

  /// Turns libfccp's exceptions into ours.
  template <class Fn>
  void guarded(Fn&& body) {
    try {
      body();
    } catch (const io::error::missing_column_in_header& fault) {
      throw InputError(path_, 1, fault.column_name, "is missing in the header", expected_header());
    } catch (const io::error::duplicated_column_in_header& fault) {
      throw InputError(path_, 1, fault.column_name, "stands twice in the header",
                       expected_header());
    } catch (const io::error::header_missing&) {
      throw InputError(path_, 1, "", "the file is empty", expected_header());
    } catch (const io::error::too_few_columns&) {
      throw InputError(path_, reader_.get_file_line(), "", "the line has too few columns",
                       fmt::format("the {} of the header", N));
    } catch (const io::error::too_many_columns&) {
      throw InputError(path_, reader_.get_file_line(), "", "the line has too many columns",
                       "as many as in the header");
    } catch (const io::error::escaped_string_not_closed&) {
      throw InputError(path_, reader_.get_file_line(), "", "a quoted cell is not closed",
                       "a closing \"");
    } catch (const io::error::base& fault) {
      throw InputError(path_, reader_.get_file_line(), "", fault.what(),
                       "a CSV file of a run directory");
    }
  }
  [[nodiscard]] std::string expected_header() const {
    std::string joined;
    for (std::string_view name : names_) joined += (joined.empty() ? "" : ",") + std::string(name);
    return "the header " + joined;
  }

  std::string path_;
  std::array<std::string_view, N> names_;
  OpenedFile opened_;
  bool is_strict_ = true;
  io::CSVReader<N, io::trim_chars<>, io::double_quote_escape<',', '"'>> reader_;
};

constexpr std::size_t measurement_column_count = 28;

/// Interning a cell that equals the one of the row above costs a comparison instead of a look-up.
void set_text(Text& cell, std::string_view value, const Text& above) {
  cell = above == value ? above : Text(value);
}

template <std::size_t N>
void read_cell(Record& record, const Column& column, const Table<N>& table,
               const std::array<char*, N>& cells, std::size_t index, const Record& above) {
  switch (column.kind) {
    case Column::Kind::text:
      set_text(record.*column.text, text_of(cells[index]), above.*column.text);
      break;
    case Column::Kind::count:
      record.*column.count = table.count(cells, index);
      break;
    case Column::Kind::number:
      record.*column.number = table.number(cells, index);
      break;
    case Column::Kind::status: {
      const auto status = parse_status(cells[index]);
      if (!status)
        throw table.error(index, fmt::format("'{}' is not a status", shortened(cells[index])),
                          "ok, untrusted, unsupported, skipped, timed_out or incorrect");
      record.status = *status;
    }
  }
}

std::vector<const Column*> key_columns() {
  std::vector<const Column*> keys;
  for (const Column& column : measurement_columns())
    if (column.is_key) keys.push_back(&column);
  return keys;
}

std::string cell(const Record& record, const Column& column) {
  switch (column.kind) {
    case Column::Kind::text:
      return text_cell(record.*column.text);
    case Column::Kind::count:
      return count_cell(record.*column.count);
    case Column::Kind::number:
      return number_cell(record.*column.number);
    case Column::Kind::status:
      return std::string(to_string(record.status));
  }
  return "";
}

constexpr std::array<std::string_view, 9> model_columns{
    "model", "subject", "parameter", "unit", "value", "ci_low", "ci_high", "label", "note"};

}  // namespace

std::string text_cell(std::string_view text) {
  std::string out;
  if (!text.empty() && formula_starts.find(text.front()) != std::string_view::npos) out = "'";
  for (char c : text) out += c == '\n' || c == '\r' || c == '\0' ? ' ' : c;
  // libfccp trims blanks of unquoted cells: blanks at the ends need quotes to survive.
  const bool edge_blank =
      !out.empty() && (out.front() == ' ' || out.back() == ' ' || out.back() == '\t');
  if (out.find_first_of(",\"") == std::string::npos && !edge_blank) return out;
  std::string quoted = "\"";
  for (char c : out) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string number_cell(double value) {
  if (!is_present(value)) return "";
  std::array<char, 32> buffer{};
  const auto [end, fault] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), fault == std::errc() ? end : buffer.data());
}

std::string count_cell(std::int64_t count) {
  return is_present(count) ? std::to_string(count) : std::string();
}

std::string measurements_header() {
  std::string line;
  for (const Column& column : measurement_columns())
    line += (line.empty() ? "" : ",") + std::string(column.name);
  return line + "\n";
}

std::string measurements_line(const Record& record) {
  std::string line;
  bool first = true;
  for (const Column& column : measurement_columns()) {
    if (!std::exchange(first, false)) line += ',';
    line += cell(record, column);
  }
  return line + "\n";
}

std::string samples_header() {
  std::string line;
  for (const Column* column : key_columns()) line += std::string(column->name) + ",";
  return line + "sample,value\n";
}

std::string samples_lines(const Record& record) {
  std::string key;
  for (const Column* column : key_columns()) key += cell(record, *column) + ",";
  std::string lines;
  for (std::size_t i = 0; i < record.values.size(); ++i)
    lines += key + std::to_string(i) + "," + number_cell(record.values[i]) + "\n";
  return lines;
}

std::string models_header() {
  std::string line;
  for (std::string_view name : model_columns) line += (line.empty() ? "" : ",") + std::string(name);
  return line + "\n";
}

std::string models_line(const ModelRow& row) {
  return fmt::format("{},{},{},{},{},{},{},{},{}\n", text_cell(row.model), text_cell(row.subject),
                     text_cell(row.parameter), text_cell(row.unit), number_cell(row.value),
                     number_cell(row.ci_low), number_cell(row.ci_high), to_string(row.label),
                     text_cell(row.note));
}

std::vector<Record> read_measurements(const std::filesystem::path& file, bool* dropped_tail) {
  const std::vector<Column>& columns = measurement_columns();
  assert(columns.size() == measurement_column_count);
  std::array<std::string_view, measurement_column_count> names{};
  std::transform(columns.begin(), columns.end(), names.begin(),
                 [](const Column& c) { return c.name; });
  Table<measurement_column_count> table(file, names, dropped_tail);
  std::vector<Record> records;
  std::array<char*, measurement_column_count> cells{};
  const Record none;
  while (table.next(cells)) {
    Record record;
    const Record& above = records.empty() ? none : records.back();
    for (std::size_t i = 0; i < columns.size(); ++i)
      read_cell(record, columns[i], table, cells, i, above);
    if ((record.status == Status::ok) != record.reason.empty())
      throw table.error(4, record.reason.empty() ? "is empty" : "is not empty",
                        "a reason exactly where the status is not ok");
    if (carries_numbers(record.status) != is_present(record.median))
      throw table.error(20, is_present(record.median) ? "has a number" : "is empty",
                        "a number exactly where the status is ok or untrusted");
    records.push_back(std::move(record));
  }
  return records;
}

std::vector<ModelRow> read_models(const std::filesystem::path& file) {
  bool dropped = false;
  Table<model_columns.size()> table(file, model_columns, &dropped);
  std::vector<ModelRow> rows;
  std::array<char*, model_columns.size()> cells{};
  while (table.next(cells)) {
    ModelRow row;
    row.model = text_of(cells[0]);
    row.subject = text_of(cells[1]);
    row.parameter = text_of(cells[2]);
    row.unit = text_of(cells[3]);
    row.value = table.number(cells, 4);
    row.ci_low = table.number(cells, 5);
    row.ci_high = table.number(cells, 6);
    const auto label = parse_label(cells[7]);
    if (!label)
      throw table.error(7, fmt::format("'{}' is not a label", shortened(cells[7])),
                        "measured, projected, range or scenario");
    row.label = *label;
    row.note = text_of(cells[8]);
    rows.push_back(std::move(row));
  }
  return rows;
}

void read_samples(
    const std::filesystem::path& file,
    const std::function<void(const Record& key, std::int64_t sample, double value)>& visit,
    bool* dropped_tail) {
  constexpr std::size_t key_count = 17;
  const std::vector<const Column*> keys = key_columns();
  assert(keys.size() == key_count);
  std::array<std::string_view, key_count + 2> names{};
  for (std::size_t i = 0; i < key_count; ++i) names[i] = keys[i]->name;
  names[key_count] = "sample";
  names[key_count + 1] = "value";
  bool ignored = false;
  Table<key_count + 2> table(file, names, dropped_tail != nullptr ? dropped_tail : &ignored);
  std::array<char*, key_count + 2> cells{};
  Record above;
  while (table.next(cells)) {
    Record key;
    for (std::size_t i = 0; i < key_count; ++i) read_cell(key, *keys[i], table, cells, i, above);
    const std::int64_t index = table.count(cells, key_count);
    const double value = table.number(cells, key_count + 1);
    if (!is_present(index)) throw table.error(key_count, "is empty", "the index of the sample");
    if (!is_present(value)) throw table.error(key_count + 1, "is empty", "a number");
    visit(key, index, value);
    above = std::move(key);
  }
}

}  // namespace assay::csv
