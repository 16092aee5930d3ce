#include "reports/models/money/price_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include "probes/cli/command.hpp"
#include "probes/core/errors.hpp"
#include "probes/run/file_reading.hpp"
#include "reports/models/money/csv_cells.hpp"
#include "reports/models/money/price_offers.hpp"

namespace assay::models {

namespace {

constexpr std::array columns{"name",
                             "price_per_hour",
                             "currency",
                             "as_of",
                             "relative_speed",
                             "memory_gib",
                             "max_nodes",
                             "network_gbps",
                             "coordination_floor_per_hour",
                             "region",
                             "billing_step_s",
                             "billing_minimum_s",
                             "spot_price_per_hour",
                             "spot_interruptions_per_hour"};
enum Column {
  name,
  price,
  currency,
  as_of,
  speed,
  memory,
  max_nodes,
  network,
  floor_price,
  region,
  billing_step,
  billing_minimum,
  spot_price,
  interruptions
};
constexpr std::size_t required = 4;
constexpr double unstated = std::numeric_limits<double>::quiet_NaN();

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
  [[nodiscard]] double not_negative(Column column, const std::string& expected) const {
    if (text(column).empty()) return 0;
    const double value = number(column, expected);
    if (value < 0) throw wrong(column, expected);
    return value;
  }
};

bool is_currency(const std::string& text) {
  return text.size() == 3 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isupper(c); });
}

NodeType node_in(const Line& line, bool has_speeds) {
  if (line.text(name).empty()) throw line.wrong(name, "a name of the node type");
  if (!is_currency(line.text(currency))) throw line.wrong(currency, "a currency code such as EUR");
  if (!is_date(line.text(as_of)))
    throw line.wrong(as_of, "the date of the price, a day of the calendar as YYYY-MM-DD");
  NodeType node{
      .name = line.text(name),
      .machine = line.text(name),
      .price_per_hour = line.positive(price,
                                      "a price above 0; without this line the other "
                                      "types, and without a price list the cost in "
                                      "node-seconds, can still be said"),
      .as_of = line.text(as_of),
      .relative_speed = unstated,
      .memory_gib = line.positive_or(memory, unstated, "GiB above 0, or nothing"),
      .max_nodes = line.positive_or(max_nodes, std::numeric_limits<double>::infinity(),
                                    "a node count of at least 1, or nothing"),
      .network_gbps = line.positive_or(network, unstated, "10^9 bit/s above 0, or nothing"),
      .coordination_floor_per_hour = line.not_negative(floor_price, "a price of at least 0"),
      .billing_step_s = line.not_negative(billing_step, "seconds of at least 0"),
      .billing_minimum_s = line.not_negative(billing_minimum, "seconds of at least 0")};
  if (node.max_nodes < 1) throw line.wrong(max_nodes, "a node count of at least 1, or nothing");
  if (has_speeds)
    node.relative_speed = line.positive(speed, "a speed above 0, 1 for the measured node");
  return node;
}

/// The spot offer of a line; nothing when it states no spot price.
std::optional<NodeType> spot_in(const Line& line, const NodeType& node) {
  if (line.text(spot_price).empty()) return std::nullopt;
  NodeType spot = node;
  spot.name += " spot";
  spot.price_per_hour = line.positive(spot_price, "a price above 0, or nothing");
  spot.interruptions_per_hour = line.positive(interruptions,
                                              "how often a spot node is taken away, per hour, "
                                              "above 0: without it nobody knows what the job "
                                              "costs on it");
  return spot;
}

/// How many of the first line's currency one unit of another one is.
class Exchange {
 public:
  explicit Exchange(std::string to) : to_(std::move(to)) {}

  /// "1 USD = 0.92 EUR on 2024-01-01", what follows "exchange:" in a comment.
  void read(const std::string& text, const std::string& file, std::size_t line) {
    std::istringstream words(text);
    std::string one, from, equals, rate, to, on, date, more;
    words >> one >> from >> equals >> rate >> to >> on >> date;
    double value = 0;
    const auto [end, error] = std::from_chars(rate.data(), rate.data() + rate.size(), value);
    const bool is_rate = error == std::errc() && end == rate.data() + rate.size() &&
                         std::isfinite(value) && value > 0 && !rate.empty();
    if (one != "1" || !is_currency(from) || equals != "=" || !is_rate || !is_currency(to) ||
        on != "on" || !is_date(date) || words >> more)
      throw InputError(file, line, "", fmt::format("exchange rate \"{}\"", text),
                       "1 USD = 0.92 EUR on 2024-01-01");
    if (to == to_) rates_[from] = {value, date};
    if (from == to_) rates_[to] = {1 / value, date};
  }
  /// Converts the node's prices; false without a rate.
  [[nodiscard]] bool convert(const std::string& from, NodeType& node) {
    const auto rate = rates_.find(from);
    if (rate == rates_.end()) return false;
    node.price_per_hour *= rate->second.value;
    node.coordination_floor_per_hour *= rate->second.value;
    used_.insert(from);
    return true;
  }
  void add_notes(std::vector<std::string>& notes) const {
    for (const std::string& from : used_)
      notes.push_back(fmt::format("prices in {} were converted at {:.6g} {} of {}", from,
                                  rates_.at(from).value, to_, rates_.at(from).date));
  }

 private:
  struct Rate {
    double value = 0;
    std::string date;
  };
  std::string to_;
  std::map<std::string, Rate> rates_;
  std::set<std::string> used_;
};

/// What the comment lines say.
struct Comments {
  bool fictional = false;
  Exchange exchange;
};

Comments comments_of(const std::string& file, const std::string& first_currency) {
  Comments comments{.exchange = Exchange(first_currency)};
  std::istringstream in(read_text_file(file, "a price list", most_bytes_of_log));
  std::size_t number = 0;
  constexpr std::string_view mark = "exchange:";
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line.front() != '#') continue;
    std::string lower = line;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    comments.fictional = comments.fictional || lower.find("fictional") != std::string::npos;
    const std::size_t start = line.find_first_not_of("# \t");
    if (start != std::string::npos && lower.compare(start, mark.size(), mark) == 0)
      comments.exchange.read(line.substr(start + mark.size()), file, number);
  }
  return comments;
}

/// A column of the user's own is no matter of ours; one that is nearly an optional one of ours
/// would be taken for absent.
void refuse_misspelt_columns(const std::filesystem::path& path) {
  const std::vector<std::string> known(columns.begin(), columns.end());
  for (const std::string& given : price_file_columns(path)) {
    if (std::ranges::find(known, given) != known.end()) continue;
    if (const std::string meant = nearest_name(given, known); !meant.empty())
      throw InputError(path.string(), 1, given, "is no column of a price list", meant);
  }
}

PriceList read_own_list(const std::filesystem::path& path, const PriceQuery& query) {
  const std::string file = path.string();
  const auto rows =
      read_cells(path, columns,
                 fmt::format("the columns {}; optional: {}",
                             fmt::join(columns.begin(), columns.begin() + required, ","),
                             fmt::join(columns.begin() + required, columns.end(), ",")),
                 required);
  if (rows.empty()) throw InputError(file, 0, "", "no node type", "at least one line of prices");
  refuse_misspelt_columns(path);
  const bool has_speeds = price_file_has_column(path, columns[speed]);
  PriceList list{.currency = rows.front().cells[currency]};
  Comments comments = comments_of(file, list.currency);
  list.fictional = comments.fictional;
  RegionFilter regions(file, query.region);
  std::unordered_set<std::string> names;
  const auto keep = [&](const Line& line, NodeType node) {
    if (line.text(currency) != list.currency &&
        !comments.exchange.convert(line.text(currency), node))
      throw line.wrong(
          currency,
          fmt::format(
              "{} as in the first line: currencies cannot be compared without a rate, as in "
              "the line '# exchange: 1 {} = 0.92 {} on 2024-01-01'; one list for each "
              "currency, or no list and cost in node-seconds, can still be said",
              list.currency, line.text(currency), list.currency));
    if (!names.insert(node.name).second) throw line.wrong(name, "names that differ");
    list.nodes.push_back(std::move(node));
  };
  for (const auto& row : rows) (void)regions.is_wanted(row.cells[region]);
  regions.require_one();
  for (const auto& row : rows) {
    const Line line{file, row};
    NodeType node = node_in(line, has_speeds);
    const auto spot = query.spot ? spot_in(line, node) : std::optional<NodeType>();
    if (!regions.is_wanted(line.text(region)) || !name_matches(node.name, query.match)) continue;
    keep(line, std::move(node));
    if (spot) keep(line, *spot);
  }
  comments.exchange.add_notes(list.notes);
  return list;
}

/// Nobody can say what a type costs of which nobody knows how fast it is.
void settle_speeds(const std::string& file, const PriceQuery& query, PriceList& list) {
  const auto is_measured = [&](const NodeType& node) {
    return std::find(query.measured.begin(), query.measured.end(), node.machine) !=
           query.measured.end();
  };
  for (const std::string& name : query.measured)
    if (std::none_of(list.nodes.begin(), list.nodes.end(),
                     [&](const NodeType& node) { return node.machine == name; }))
      throw InputError(file, 0, "", fmt::format("no node type {}, of which there is a run", name),
                       "the runs' names to be names of the list");
  const auto unknown = static_cast<std::size_t>(std::count_if(
      list.nodes.begin(), list.nodes.end(),
      [&](const NodeType& node) { return std::isnan(node.relative_speed) && !is_measured(node); }));
  std::set<std::string> machines;
  for (const NodeType& node : list.nodes) machines.insert(node.machine);
  if (query.measured.empty() && unknown > 0) {
    if (machines.size() > 1)
      throw InputError(
          file, 0, "",
          fmt::format("{} node types, and nobody says how fast they are", machines.size()),
          "--match with the one that was measured, --run TYPE=DIR for each, or a "
          "column relative_speed");
    list.notes.push_back(
        fmt::format("the measurements are taken to be of {}", list.nodes.front().machine));
  } else if (unknown > 0) {
    std::erase_if(list.nodes, [&](const NodeType& node) {
      return std::isnan(node.relative_speed) && !is_measured(node);
    });
    list.notes.push_back(fmt::format(
        "left out: {} of the list, which nobody measured, nor says how fast they are", unknown));
  }
  for (NodeType& node : list.nodes)
    if (std::isnan(node.relative_speed)) node.relative_speed = 1;
}

}  // namespace

bool is_date(const std::string& text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (std::size_t i : {0, 1, 2, 3, 5, 6, 8, 9})
    if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  return std::chrono::year_month_day(
             std::chrono::year(std::stoi(text.substr(0, 4))),
             std::chrono::month(static_cast<unsigned>(std::stoi(text.substr(5, 2)))),
             std::chrono::day(static_cast<unsigned>(std::stoi(text.substr(8, 2)))))
      .ok();
}

double billed_seconds(const NodeType& type, double seconds) {
  const double steps =
      type.billing_step_s > 0
          ? std::ceil(seconds / type.billing_step_s * (1 - 1e-12)) * type.billing_step_s
          : seconds;
  return std::max(steps, type.billing_minimum_s);
}

PriceList read_price_list(const std::filesystem::path& file, const PriceQuery& query) {
  PriceList list = price_file_has_column(file, "InstanceType")
                       ? read_sky_pilot_catalogue(file, query)
                       : read_own_list(file, query);
  if (list.nodes.empty())
    throw InputError(
        file.string(), 0, "",
        fmt::format("no node type{}{}", query.region.empty() ? "" : " of region " + query.region,
                    query.match.empty() ? "" : " that matches " + query.match),
        "a region and a name of the list");
  settle_speeds(file.string(), query, list);
  return list;
}

}  // namespace assay::models
