#pragma once
/// @file
/// A CSV file of a run directory as rows of raw cells: libfccp, with errors that say file, line,
/// column and what was expected. For the readers of probes/core only.

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
#include <cmath>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "probes/core/errors.hpp"
#include "probes/core/record.hpp"
#include "probes/run/csv.hpp"
#include "probes/run/csv_lines.hpp"
#include "probes/run/file_reading.hpp"

namespace assay::csv {

/// Some lines of a file with the header line in front: each range is parsed as a file of its own.
class RangeSource final : public io::ByteSourceBase {
 public:
  RangeSource(const LineFile& file, const LineRange& range)
      : file_(file), header_left_(file.header_end), at_(range.begin), end_(range.end) {}
  /// Fills the buffer as far as there is anything: a short read is the end of the file for libfccp.
  int read(char* buffer, int size) override {
    const auto room = static_cast<std::uint64_t>(size);
    const std::size_t got =
        get(file_.header_end - header_left_, buffer, std::min(header_left_, room));
    header_left_ -= got;
    const std::size_t body = get(at_, buffer + got, std::min(end_ - at_, room - got));
    at_ += body;
    return static_cast<int>(got + body);
  }

 private:
  std::size_t get(std::uint64_t offset, char* buffer, std::uint64_t size) const {
    const std::size_t got = read_at(file_.descriptor, file_.path, offset, buffer, size);
    if (got < size)
      throw InputError(file_.path, 0, "", "became shorter while it was read",
                       "a file that nobody cuts off");
    return got;
  }
  const LineFile& file_;
  std::uint64_t header_left_, at_, end_;
};

/// Of a cell that may be long, as much as a message can bear.
[[nodiscard]] inline std::string shortened(std::string_view cell) {
  return cell.size() <= 40 ? std::string(cell) : std::string(cell.substr(0, 37)) + "...";
}

/// Reads a CSV of N named columns, row by row, as raw cells. Wraps libfccp so that every error says
/// file, line, column and what was expected.
template <std::size_t N>
class Table {
 public:
  /// `required`: columns behind so many were appended by a later schema and may be missing; their
  /// cells are then empty. `lines_before`: lines of the file between the header and `range`, for
  /// the messages.
  Table(const LineFile& file, const std::array<std::string_view, N>& names, std::size_t required,
        const LineRange& range, std::size_t lines_before = 0)
      : path_(file.path),
        names_(names),
        required_(required),
        lines_before_(lines_before),
        reader_(path_, std::make_unique<RangeSource>(file, range)) {
    guarded([&] { read_header(std::make_index_sequence<N>()); });
  }
  Table(const LineFile& file, const std::array<std::string_view, N>& names,
        std::size_t required = N)
      : Table(file, names, required, LineRange{file.header_end, file.end}) {}

  /// False at the end. The cells live until the next call.
  bool next(std::array<char*, N>& cells) {
    bool more = false;
    for (const std::size_t column : missing_) cells[column] = &no_text_;
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

  /// Of a measured point.
  [[nodiscard]] double bounded_number(const std::array<char*, N>& cells, std::size_t column) const {
    const double value = number(cells, column);
    if (*cells[column] == '\0') return value;
    // What is larger than that is no measurement, and its square is no number.
    if (!(std::abs(value) <= largest_number))
      throw error(column, fmt::format("'{}' is beyond any measurement", shortened(cells[column])),
                  fmt::format("a number up to {:g}", largest_number));
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
    reader_.read_header(io::ignore_extra_column | io::ignore_missing_column,
                        std::string(names_[I])...);
    for (std::size_t column = 0; column < N; ++column) {
      if (reader_.has_column(std::string(names_[column]))) continue;
      if (column < required_)
        throw InputError(path_, 1, std::string(names_[column]), "is missing in the header",
                         expected_header());
      missing_.push_back(column);
    }
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
  std::size_t required_;
  std::vector<std::size_t> missing_;  ///< Columns of a later schema that the file does not have.
  char no_text_ = '\0';
  std::size_t lines_before_;
  io::CSVReader<N, io::trim_chars<>, io::double_quote_escape<',', '"'>> reader_;
};

/// Index of the column in which a cut-off line ends: separators outside quotes.
[[nodiscard]] inline std::size_t last_column_of(std::string_view line) {
  bool quoted = false;
  std::size_t column = 0;
  for (char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) ++column;
  }
  return column;
}

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

}  // namespace assay::csv
