#include "reports/models/money/price_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>
#include <limits>

#include "probes/core/errors.hpp"
#include "probes/run/file_reading.hpp"
#include "reports/models/money/csv_cells.hpp"

namespace assay::models {

namespace {

constexpr std::array columns{"name",      "price_per_hour", "currency",
                             "as_of",     "relative_speed", "memory_gib",
                             "max_nodes", "network_gbps",   "coordination_floor_per_hour"};
enum Column { name, price, currency, as_of, speed, memory, max_nodes, network, floor_price };

/// One line of the file, with the file's name for messages.
struct Line {
  const std::string& file;
  const CellRow<columns.size()>& row;

  [[nodiscard]] const std::string& text(Column column) const { return row.cells[column]; }
  [[nodiscard]] InputError wrong(Column column, const std::string& expected) const {
    const std::string& cell = text(column);
    return {file, row.line, columns[column],
            cell.empty() ? "is empty" : fmt::format("\"{}\"", cell), expected};
  }
  [[nodiscard]] double number(Column column, const std::string& expected) const {
    return number_in_cell(text(column), file, row.line, columns[column], expected);
  }
  [[nodiscard]] double positive(Column column, const std::string& expected) const {
    const double value = number(column, expected);
    if (value <= 0) throw wrong(column, expected);
    return value;
  }
  [[nodiscard]] double positive_or(Column column, double otherwise,
                                   const std::string& expected) const {
    return text(column).empty() ? otherwise : positive(column, expected);
  }
};

bool is_currency(const std::string& text) {
  return text.size() == 3 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isupper(c); });
}

bool is_date(const std::string& text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (std::size_t i : {0, 1, 2, 3, 5, 6, 8, 9})
    if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  return true;
}

NodeType node_in(const Line& line) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  if (line.text(name).empty()) throw line.wrong(name, "a name of the node type");
  if (!is_currency(line.text(currency))) throw line.wrong(currency, "a currency code such as EUR");
  if (!is_date(line.text(as_of))) throw line.wrong(as_of, "the date of the price, YYYY-MM-DD");
  NodeType node{.name = line.text(name),
                .price_per_hour = line.positive(price,
                                                "a price above 0; without this line the other "
                                                "types, and without a price list the cost in "
                                                "node-seconds, can still be said"),
                .as_of = line.text(as_of),
                .relative_speed = line.positive(speed, "a speed above 0, 1 for the measured node"),
                .memory_gib = line.positive_or(memory, none, "GiB above 0, or nothing"),
                .max_nodes = line.positive_or(max_nodes, std::numeric_limits<double>::infinity(),
                                              "a node count of at least 1, or nothing"),
                .network_gbps = line.positive_or(network, none, "10^9 bit/s above 0, or nothing")};
  if (!line.text(floor_price).empty()) {
    node.coordination_floor_per_hour = line.number(floor_price, "a price of at least 0");
    if (node.coordination_floor_per_hour < 0)
      throw line.wrong(floor_price, "a price of at least 0");
  }
  return node;
}

bool says_fictional(const std::filesystem::path& file) {
  std::istringstream in(read_text_file(file, "a price list", most_bytes_of_settings));
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line.front() == '#' && line.find("fictional") != std::string::npos)
      return true;
  return false;
}

}  // namespace

PriceList read_price_list(const std::filesystem::path& path) {
  const std::string file = path.string();
  const auto rows =
      read_cells(path, columns, fmt::format("the columns {}", fmt::join(columns, ",")));
  if (rows.empty()) throw InputError(file, 0, "", "no node type", "at least one line of prices");
  PriceList list{.currency = rows.front().cells[currency], .fictional = says_fictional(path)};
  for (const auto& row : rows) {
    const Line line{file, row};
    NodeType node = node_in(line);
    if (row.cells[currency] != list.currency)
      throw line.wrong(
          currency,
          fmt::format("{} as in the first line: currencies cannot be compared; one list for each "
                      "currency, or no list and cost in node-seconds, can still be said",
                      list.currency));
    for (const NodeType& other : list.nodes)
      if (other.name == node.name) throw line.wrong(name, "names that differ");
    list.nodes.push_back(std::move(node));
  }
  return list;
}

}  // namespace assay::models
