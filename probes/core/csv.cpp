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
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "probes/core/errors.hpp"

namespace assay::csv {
namespace {

/// Characters that make a spreadsheet take a text cell for a formula.
constexpr std::string_view formula_starts = "=+-@\t\r";

class FileDescriptor {
 public:
  explicit FileDescriptor(const std::filesystem::path& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  ~FileDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// Up to `size` bytes from `offset`; fewer only at the end of the file or when it cannot be read.
std::size_t read_at(const FileDescriptor& file, std::uint64_t offset, char* buffer,
                    std::uint64_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got =
        ::pread(file.get(), buffer + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

/// The whole lines of a file. What a killed writer left behind the last line end is not a line.
struct LineFile {
  std::string path;
  FileDescriptor descriptor;
  std::uint64_t header_end = 0;  ///< Behind the first line.
  std::uint64_t end = 0;         ///< Behind the last line end.
  std::string tail;              ///< What stands behind it: a line that was cut off.
};

/// Part of such a file, with the header line in front: every part is parsed as a file of its own.
class PartOfFile final : public io::ByteSourceBase {
 public:
  PartOfFile(const LineFile& file, std::uint64_t begin, std::uint64_t end)
      : file_(file), header_left_(file.header_end), at_(begin), end_(end) {}
  /// Fills the buffer as far as there is anything: a short read is the end of the file for libfccp.
  int read(char* buffer, int size) override {
    const auto room = static_cast<std::uint64_t>(size);
    std::size_t got = read_at(file_.descriptor, file_.header_end - header_left_, buffer,
                              std::min(header_left_, room));
    header_left_ -= got;
    const std::size_t body =
        read_at(file_.descriptor, at_, buffer + got, std::min(end_ - at_, room - got));
    at_ += body;
    return static_cast<int>(got + body);
  }

 private:
  const LineFile& file_;
  std::uint64_t header_left_, at_, end_;
};

/// Behind the first line end at or after `from`; `limit` when there is none before it.
std::uint64_t next_line(const FileDescriptor& file, std::uint64_t from, std::uint64_t limit) {
  std::array<char, 4096> block{};
  while (from < limit) {
    const std::size_t got =
        read_at(file, from, block.data(), std::min<std::uint64_t>(block.size(), limit - from));
    if (got == 0) break;
    if (const void* found = std::memchr(block.data(), '\n', got))
      return from + static_cast<std::uint64_t>(static_cast<const char*>(found) - block.data()) + 1;
    from += got;
  }
  return limit;
}

/// Behind the last line end before `size`; 0 when there is none.
std::uint64_t last_line_end(const FileDescriptor& file, std::uint64_t size) {
  std::array<char, 4096> block{};
  while (size > 0) {
    const std::uint64_t begin = size > block.size() ? size - block.size() : 0;
    const std::size_t got = read_at(file, begin, block.data(), size - begin);
    if (const void* found = memrchr(block.data(), '\n', got))
      return begin + static_cast<std::uint64_t>(static_cast<const char*>(found) - block.data()) + 1;
    size = begin;
  }
  return 0;
}

/// More of a cut-off line is not needed to say where it ends.
constexpr std::uint64_t longest_tail = 4096;

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

LineFile open_lines(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t size =
      std::filesystem::is_regular_file(path, error) ? std::filesystem::file_size(path, error) : 0;
  LineFile file{.path = path.string(), .descriptor = FileDescriptor(path)};
  if (error || !file.descriptor.is_open())
    throw InputError(path.string(), 0, "", "cannot be read", "a CSV file of a run directory");
  file.end = last_line_end(file.descriptor, size);
  file.tail.resize(
      static_cast<std::size_t>(std::min<std::uint64_t>(size - file.end, longest_tail)));
  if (read_at(file.descriptor, file.end, file.tail.data(), file.tail.size()) != file.tail.size())
    file.tail = "?";
  file.header_end = next_line(file.descriptor, 0, file.end);
  return file;
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
  /// `lines_before`: lines of the file between the header and `begin`, for the messages.
  Table(const LineFile& file, const std::array<std::string_view, N>& names, std::uint64_t begin,
        std::uint64_t end, std::size_t lines_before = 0)
      : path_(file.path),
        names_(names),
        lines_before_(lines_before),
        reader_(path_, std::make_unique<PartOfFile>(file, begin, end)) {
    guarded([&] { read_header(std::make_index_sequence<N>()); });
  }
  Table(const LineFile& file, const std::array<std::string_view, N>& names)
      : Table(file, names, file.header_end, file.end) {}

  /// False at the end. The cells live until the next call.
  bool next(std::array<char*, N>& cells) {
    bool more = false;
    guarded([&] { more = read_row(cells, std::make_index_sequence<N>()); });
    return more;
  }

  [[nodiscard]] InputError error(std::size_t column, const std::string& problem,
                                 const std::string& expected) const {
    return {path_, line(), std::string(names_[column]), problem, expected};
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
      throw InputError(path_, line(), "", "the line has too few columns",
                       fmt::format("the {} of the header", N));
    } catch (const io::error::too_many_columns&) {
      throw InputError(path_, line(), "", "the line has too many columns",
                       "as many as in the header");
    } catch (const io::error::escaped_string_not_closed&) {
      throw InputError(path_, line(), "", "a quoted cell is not closed", "a closing \"");
    } catch (const io::error::base& fault) {
      throw InputError(path_, line(), "", fault.what(), "a CSV file of a run directory");
    }
  }
  [[nodiscard]] std::size_t line() const { return lines_before_ + reader_.get_file_line(); }
  [[nodiscard]] std::string expected_header() const {
    std::string joined;
    for (std::string_view name : names_) joined += (joined.empty() ? "" : ",") + std::string(name);
    return "the header " + joined;
  }

  std::string path_;
  std::array<std::string_view, N> names_;
  std::size_t lines_before_;
  io::CSVReader<N, io::trim_chars<>, io::double_quote_escape<',', '"'>> reader_;
};

/// A cut off tail is told, or else an error.
template <std::size_t N>
void tell_cut_off(const LineFile& file, const std::array<std::string_view, N>& names,
                  std::size_t complete_lines, bool* dropped_tail) {
  if (dropped_tail != nullptr)
    *dropped_tail = !file.tail.empty();
  else if (!file.tail.empty())
    throw InputError(file.path, complete_lines + 1,
                     std::string(names[std::min(last_column_of(file.tail), N - 1)]),
                     "the line ends here without a line end: the file was cut off",
                     "a complete line");
}

constexpr std::size_t measurement_column_count = 28;

/// Interning takes a lock, which threads that read would fight for. A cell that equals the one of
/// the row above costs a comparison; one that this reader has seen before a look-up of its own.
class Interner {
 public:
  void set(Text& cell, std::string_view value, const Text& above) {
    if (above == value) {
      cell = above;
      return;
    }
    auto found = seen_.find(value);
    if (found == seen_.end()) {
      const Text text(value);
      found = seen_.emplace(std::string_view(text), text).first;
    }
    cell = found->second;
  }

 private:
  std::unordered_map<std::string_view, Text> seen_;
};

template <std::size_t N>
void read_cell(Record& record, const Column& column, const Table<N>& table,
               const std::array<char*, N>& cells, std::size_t index, const Record& above,
               Interner& interner) {
  switch (column.kind) {
    case Column::Kind::text:
      interner.set(record.*column.text, text_of(cells[index]), above.*column.text);
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

/// Characters for which text_cell() may have something to do.
constexpr std::array<bool, 256> special_characters = [] {
  std::array<bool, 256> special{};
  for (const char c : std::string_view(",\"\n\r\t= +-@'\0", 12))
    special[static_cast<unsigned char>(c)] = true;
  return special;
}();

void append_text(std::string& out, const std::string& text) {
  const bool plain = std::none_of(text.begin(), text.end(), [](char c) {
    return special_characters[static_cast<unsigned char>(c)];
  });
  if (plain)
    out += text;
  else
    out += text_cell(text);
}

template <typename Number>
void append_number(std::string& out, Number value) {
  if (!is_present(value)) return;
  std::array<char, 32> buffer{};
  const auto [end, fault] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  if (fault == std::errc()) out.append(buffer.data(), end);
}

void append_cell(std::string& out, const Record& record, const Column& column) {
  switch (column.kind) {
    case Column::Kind::text:
      append_text(out, (record.*column.text).str());
      break;
    case Column::Kind::count:
      append_number(out, record.*column.count);
      break;
    case Column::Kind::number:
      append_number(out, record.*column.number);
      break;
    case Column::Kind::status:
      out += to_string(record.status);
      break;
  }
}

void append_line(std::string& out, const Record& record) {
  bool first = true;
  for (const Column& column : measurement_columns()) {
    if (!std::exchange(first, false)) out += ',';
    append_cell(out, record, column);
  }
  out += '\n';
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
  std::string cell;
  append_number(cell, value);
  return cell;
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
  append_line(line, record);
  return line;
}

std::string samples_header() {
  std::string line;
  for (const Column* column : key_columns()) line += std::string(column->name) + ",";
  return line + "sample,value\n";
}

std::string samples_lines(const Record& record) {
  std::string key;
  for (const Column* column : key_columns()) {
    append_cell(key, record, *column);
    key += ',';
  }
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

namespace {

/// A part of a measurements file that one thread parses.
struct Part {
  std::uint64_t begin = 0, end = 0;
  std::size_t first_row = 0, rows = 0;
  std::exception_ptr fault;
};

/// Large enough that starting a thread does not show.
constexpr std::uint64_t bytes_per_part = 4 << 20;

/// Text cells hold no line breaks, so that a line end is the end of a row.
std::vector<Part> parts_of(const LineFile& file) {
  std::vector<Part> parts;
  for (std::uint64_t begin = file.header_end; begin < file.end;) {
    const std::uint64_t end =
        next_line(file.descriptor, std::min(begin + bytes_per_part, file.end - 1), file.end);
    parts.push_back({.begin = begin, .end = end});
    begin = end;
  }
  return parts;
}

std::size_t count_lines(const LineFile& file, std::uint64_t begin, std::uint64_t end) {
  std::vector<char> block(1 << 16);
  std::size_t lines = 0;
  while (begin < end) {
    const std::size_t got = read_at(file.descriptor, begin, block.data(),
                                    std::min<std::uint64_t>(block.size(), end - begin));
    if (got == 0) break;
    lines += static_cast<std::size_t>(std::count(block.data(), block.data() + got, '\n'));
    begin += got;
  }
  return lines;
}

std::array<std::string_view, measurement_column_count> measurement_names() {
  const std::vector<Column>& columns = measurement_columns();
  assert(columns.size() == measurement_column_count);
  std::array<std::string_view, measurement_column_count> names{};
  std::transform(columns.begin(), columns.end(), names.begin(),
                 [](const Column& c) { return c.name; });
  return names;
}

void parse_part(const LineFile& file, const Part& part, std::vector<Record>& records) {
  const std::vector<Column>& columns = measurement_columns();
  const auto names = measurement_names();
  Table<measurement_column_count> table(file, names, part.begin, part.end, part.first_row);
  std::array<char*, measurement_column_count> cells{};
  Interner interner;
  const Record none;
  for (std::size_t row = 0; table.next(cells); ++row) {
    Record& record = records[part.first_row + row];
    const Record& above = row == 0 ? none : records[part.first_row + row - 1];
    for (std::size_t i = 0; i < columns.size(); ++i)
      read_cell(record, columns[i], table, cells, i, above, interner);
    if ((record.status == Status::ok) != record.reason.empty())
      throw table.error(4, record.reason.empty() ? "is empty" : "is not empty",
                        "a reason exactly where the status is not ok");
    if (carries_numbers(record.status) != is_present(record.median))
      throw table.error(20, is_present(record.median) ? "has a number" : "is empty",
                        "a number exactly where the status is ok or untrusted");
  }
}

/// Calls `work(i)` for every i below count, in as many threads as pay; returns when all are done.
void for_each_part(std::size_t count, const std::function<void(std::size_t)>& work) {
  const std::size_t threads =
      std::min<std::size_t>(count, std::max(1U, std::thread::hardware_concurrency()));
  std::atomic<std::size_t> next{0};
  const auto loop = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(loop);
  loop();
  for (std::thread& other : others) other.join();
}

}  // namespace

std::vector<Record> read_measurements(const std::filesystem::path& path, bool* dropped_tail) {
  const LineFile file = open_lines(path);
  std::vector<Part> parts = parts_of(file);
  for_each_part(parts.size(), [&](std::size_t i) {
    parts[i].rows = count_lines(file, parts[i].begin, parts[i].end);
  });
  std::size_t rows = 0;
  for (Part& part : parts) part.first_row = std::exchange(rows, rows + part.rows);
  if (parts.empty()) parts.push_back({.begin = file.end, .end = file.end});  // to check the header
  std::vector<Record> records(rows);
  for_each_part(parts.size(), [&](std::size_t i) {
    try {
      parse_part(file, parts[i], records);
    } catch (...) {
      parts[i].fault = std::current_exception();
    }
  });
  for (const Part& part : parts)
    if (part.fault) std::rethrow_exception(part.fault);
  tell_cut_off(file, measurement_names(), 1 + rows, dropped_tail);
  return records;
}

void write_measurements(const std::filesystem::path& path, std::span<const Record> records) {
  constexpr std::size_t rows_per_part = 4096;
  const std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"), std::fclose);
  const auto put = [&](const std::string& text) {
    if (!file || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size())
      throw RunError(fmt::format("{} cannot be written: {}", path.string(), std::strerror(errno)));
  };
  put(measurements_header());
  // In rounds, so that only a few parts of the text are in memory; the last round's parts are
  // written while this one's are made.
  std::vector<std::string> texts(2 * threads), made(2 * threads);
  const std::size_t rows_per_round = rows_per_part * texts.size();
  for (std::size_t begin = 0; begin < records.size() + rows_per_round; begin += rows_per_round) {
    std::exception_ptr fault;
    for_each_part(texts.size() + 1, [&](std::size_t part) {
      if (part == 0) {
        try {
          for (const std::string& text : made) put(text);
        } catch (...) {
          fault = std::current_exception();
        }
        return;
      }
      std::string& text = texts[part - 1];
      text.clear();
      const std::size_t first = std::min(begin + (part - 1) * rows_per_part, records.size());
      const std::size_t last = std::min(first + rows_per_part, records.size());
      for (std::size_t row = first; row < last; ++row) append_line(text, records[row]);
    });
    if (fault) std::rethrow_exception(fault);
    std::swap(texts, made);
  }
  if (std::fflush(file.get()) != 0)
    throw RunError(fmt::format("{} cannot be written: {}", path.string(), std::strerror(errno)));
}

std::vector<ModelRow> read_models(const std::filesystem::path& path) {
  const LineFile file = open_lines(path);
  Table<model_columns.size()> table(file, model_columns);
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
    const std::filesystem::path& path,
    const std::function<void(const Record& key, std::int64_t sample, double value)>& visit,
    bool* dropped_tail) {
  constexpr std::size_t key_count = 17;
  const std::vector<const Column*> keys = key_columns();
  assert(keys.size() == key_count);
  std::array<std::string_view, key_count + 2> names{};
  for (std::size_t i = 0; i < key_count; ++i) names[i] = keys[i]->name;
  names[key_count] = "sample";
  names[key_count + 1] = "value";
  const LineFile file = open_lines(path);
  bool ignored = false;
  tell_cut_off(file, names, 0, dropped_tail != nullptr ? dropped_tail : &ignored);
  Table<key_count + 2> table(file, names);
  Interner interner;
  std::array<char*, key_count + 2> cells{};
  Record above;
  while (table.next(cells)) {
    Record key;
    for (std::size_t i = 0; i < key_count; ++i)
      read_cell(key, *keys[i], table, cells, i, above, interner);
    const std::int64_t index = table.count(cells, key_count);
    const double value = table.number(cells, key_count + 1);
    if (!is_present(index)) throw table.error(key_count, "is empty", "the index of the sample");
    if (!is_present(value)) throw table.error(key_count + 1, "is empty", "a number");
    visit(key, index, value);
    above = std::move(key);
  }
}

}  // namespace assay::csv
