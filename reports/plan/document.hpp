#pragma once
/// @file
/// What a planning question answers with: a line of units, one table, and sentences; as text, CSV
/// or JSON.

#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace assay::plan {

/// Nothing, a number, or text. Infinite numbers print as inf.
using Cell = std::variant<std::monostate, double, std::string>;
[[nodiscard]] inline Cell cell(std::optional<double> value) {
  return value ? Cell(*value) : Cell();
}
/// NaN is an empty cell.
[[nodiscard]] Cell number(double value);

/// The question cannot be answered from what was given, and nothing is wrong with it: one line,
/// exit 2.
class NoAnswer : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Document {
  std::string header;  ///< What the columns are in, for people.
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;
  std::vector<std::string> sentences;  ///< The verdict, each with its number.
};

enum class Format { table, csv, json };
/// Throws UsageError for anything but table, csv and json.
[[nodiscard]] Format parse_format(const std::string& name);

/// CSV holds the table alone, nine significant digits. JSON: {header, columns, rows: [{column:
/// value}], verdict}; inf is a string there, for JSON has no such number.
[[nodiscard]] std::string render(const Document& document, Format format);
/// To stdout; for CSV the sentences go to stderr, so that stdout is the table alone.
void print(const Document& document, Format format);

}  // namespace assay::plan
