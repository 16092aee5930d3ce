#pragma once
/// @file
/// The CSV files of a run directory. Parsing is libfccp's; this file adds the schema and error
/// messages that name file, line, column and what was expected.
///
/// Writing: RFC 4180 quoting. A text cell never holds a line break (it becomes a space) and never
/// starts with = + - @ or TAB (a ' is put before it), so that a spreadsheet does not run it.

#include <cstdio>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/record.hpp"

namespace assay::csv {

/// Of a measured point, in SI base units: what is larger is no measurement. (All computers of the
/// world do 10^31 operations in a century.)
inline constexpr double largest_number = 1e40;

/// A text cell, quoted and defused as said above.
[[nodiscard]] std::string text_cell(std::string_view text);
/// Shortest decimal that reads back as the same double; empty for NaN.
[[nodiscard]] std::string number_cell(double value);
[[nodiscard]] std::string count_cell(std::int64_t count);

[[nodiscard]] std::string measurements_header();
void append_measurements_line(std::string& out, const Record& record);
[[nodiscard]] std::string measurements_line(const Record& record);
[[nodiscard]] std::string samples_header();
/// One line per value of `record.values`.
[[nodiscard]] std::string samples_lines(const Record& record);
[[nodiscard]] std::string models_header();
[[nodiscard]] std::string models_line(const ModelRow& row);

/// Throws InputError. Columns after the known ones are ignored (written by a later version); a
/// missing known column is an error. A last line without its line end was cut off by a kill:
/// `dropped_tail`, if given, is set and the line ignored; without it the line is an error.
[[nodiscard]] std::vector<Record> read_measurements(const std::filesystem::path& file,
                                                    bool* dropped_tail = nullptr);
/// The whole file at once, in as many threads as there are cores. Throws FileError when it cannot
/// be written. For tests.
void write_measurements(const std::filesystem::path& file, std::span<const Record> records);
[[nodiscard]] std::vector<ModelRow> read_models(const std::filesystem::path& file);

/// Visits every sample: the key (a Record without numbers), the sample's index and its value.
void read_samples(
    const std::filesystem::path& file,
    const std::function<void(const Record& key, std::int64_t sample, double value)>& visit,
    bool* dropped_tail = nullptr);

}  // namespace assay::csv
