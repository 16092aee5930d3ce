#pragma once
/// @file
/// A foreign format: one file that registers itself, says by what it recognises a document and what
/// it understands of it.
///
/// A reader takes columns by the names in their header, starts afresh with every table, and refuses
/// (Document::refuse) what it does not understand: with the line, what was seen and what was
/// expected. It never assumes what a file does not say: that stays empty.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/record.hpp"
#include "probes/core/registry.hpp"
#include "reports/import/document.hpp"
#include "reports/import/settings.hpp"

namespace assay::import {

struct Imported {
  std::vector<Record> records;
  /// What was passed over or taken for granted, in words; shown beside what was read.
  std::vector<std::string> notes;
  /// Of each record, what the log states beside it (settings.hpp); empty where there is nothing.
  std::vector<Stated> stated;

  /// Of the records that were added since the last call.
  void state_of_new(const Stated& settings) { stated.resize(records.size(), settings); }
};

struct Format {
  Description about;  ///< kind = "format"; the summary says which layouts are understood.
  std::function<bool(const Document&)> recognises;
  std::function<Imported(const Document&)> read;
};

/// The description that every format gives. @param checked by what a misread file is noticed.
[[nodiscard]] inline Description format_description(std::string name, std::string summary,
                                                    std::string checked) {
  return {.kind = "format",
          .name = std::move(name),
          .summary = std::move(summary),
          .metrics = {},
          .verification = std::move(checked)};
}

/// @name What a cell must be
/// Each throws InputError that names line and column; `scale` turns the printed unit into SI.
/// Bounds are those of nature and of machines, so that a slip of a column is noticed: times from
/// 1 fs to 300 years, rates and FLOP/s from 1e-6 to 1e24.
/// @{
[[nodiscard]] double seconds_in(const Document& document, std::size_t line,
                                const std::string& column, std::string_view cell, double scale = 1);
[[nodiscard]] double rate_in(const Document& document, std::size_t line, const std::string& column,
                             std::string_view cell, double scale = 1);
/// Of at least 0.
[[nodiscard]] double number_in(const Document& document, std::size_t line,
                               const std::string& column, std::string_view cell);
[[nodiscard]] std::int64_t bytes_in(const Document& document, std::size_t line,
                                    const std::string& column, std::string_view cell);
/// A number of ranks, nodes, threads: 1 to 10 million.
[[nodiscard]] std::int64_t count_in(const Document& document, std::size_t line,
                                    const std::string& column, std::string_view cell);
/// The same of a number that is at hand, as from JSON.
[[nodiscard]] double checked_seconds(const Document& document, std::size_t line,
                                     const std::string& column, double seconds);
[[nodiscard]] double checked_rate(const Document& document, std::size_t line,
                                  const std::string& column, double rate);
/// @}

/// Number columns of a row with one value. `best` where the program prints it too.
[[nodiscard]] Record with_value(Record key, double value, double least = absent,
                                double most = absent);

/// @name What a tool prints twice must agree
/// A digit that was lost, or a column taken for another, shows there. Both throw InputError; a
/// number that is absent or rounded to 0 says nothing.
/// @{
/// @param value what is read, `other` the same from `what` is printed beside it; within 10 %.
void require_agreement(const Document& document, std::size_t line, const std::string& column,
                       double value, double other, const std::string& what);
void require_order(const Document& document, std::size_t line, const std::string& column,
                   double least, double value, double most);
/// @}

/// The columns of a header, found by names, whatever blanks stand within and between them
/// ("Latency (us)", "Latency(us)"). `known` are in lower case without blanks.
struct HeaderMatch {
  std::vector<std::string> columns;
  std::string unknown;  ///< From where on no known name fits; empty when all was understood.
};
[[nodiscard]] HeaderMatch match_header(std::string_view line,
                                       const std::vector<std::string_view>& known);

/// Whether a line, within or behind a table, wants to be one of its rows: it begins like a number,
/// or as many of its words as a row has are mostly numbers. All others are chatter.
[[nodiscard]] bool looks_like_row(const std::vector<std::string_view>& words, std::size_t columns);

/// Refuses a last line without a line end whose last number has fewer decimals than that of every
/// other row: the file was cut off within the number.
void refuse_cut_number(const Document& document, const std::vector<std::size_t>& row_lines);

/// Lines that were passed over, for Imported::notes.
class PassedOver {
 public:
  void add(const Line& line);
  void tell(std::vector<std::string>& notes) const;

 private:
  std::size_t count_ = 0, line_ = 0;
  std::string first_;
};

/// "f32" of "float", "FLOAT", "double" ...; the name itself where it is unknown.
[[nodiscard]] std::string dtype_of(std::string_view name);

/// What was read, a line for each group of rows: "all-reduce (sum), 4 ranks on 2 nodes, 12 sizes, 8
/// B to 64 MiB".
[[nodiscard]] std::vector<std::string> describe(const std::vector<Record>& records);

}  // namespace assay::import
