#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "probes/core/errors.hpp"
#include "reports/models/money/csv_cells.hpp"
#include "reports/models/money/price_offers.hpp"

namespace assay::models {

namespace {
namespace sky_pilot {

constexpr std::array columns{"InstanceType", "Price", "Region", "MemoryGiB", "SpotPrice"};
enum Column { name, price, region, memory, spot_price };
constexpr std::size_t required = 3;
constexpr double unstated = std::numeric_limits<double>::quiet_NaN();

using Row = CellRow<columns.size()>;

/// NaN for an empty cell, and for what pandas writes for one.
double number_or_none(const std::string& file, const Row& row, Column column) {
  const std::string& cell = row.cells[column];
  if (cell.empty() || cell == "nan" || cell == "NaN") return unstated;
  const std::string expected = "a number above 0, or nothing";
  const double value = number_in_cell(cell, file, row.line, columns[column], expected);
  if (value < 0)
    throw InputError(file, row.line, columns[column], fmt::format("\"{}\"", cell), expected);
  return value > 0 ? value : unstated;  // a price of 0 is none: what is not sold that way
}

/// Of the last change of the file.
std::string date_of(const std::filesystem::path& file) {
  const auto changed = std::chrono::file_clock::to_sys(std::filesystem::last_write_time(file));
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(changed));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

/// Zones of a region: the lowest price is the one to be had.
void merge(PriceList& list, std::unordered_map<std::string, std::size_t>& index, NodeType node) {
  const auto [found, is_new] = index.emplace(node.name, list.nodes.size());
  if (is_new)
    list.nodes.push_back(std::move(node));
  else if (node.price_per_hour < list.nodes[found->second].price_per_hour)
    list.nodes[found->second].price_per_hour = node.price_per_hour;
}

PriceList read(const std::filesystem::path& path, const PriceQuery& query) {
  const std::string file = path.string();
  const auto rows = read_cells(
      path, columns,
      fmt::format("a SkyPilot catalogue with the columns {}", fmt::join(columns, ",")), required);
  if (rows.empty()) throw InputError(file, 0, "", "no instance type", "at least one line");
  const std::string as_of = query.as_of.empty() ? date_of(path) : query.as_of;
  PriceList list{.currency = "USD"};
  RegionFilter regions(file, query.region);
  std::unordered_map<std::string, std::size_t> index;
  std::size_t unnamed = 0, unpriced = 0;
  for (const Row& row : rows) {
    if (!regions.is_wanted(row.cells[region])) continue;
    const double on_demand = number_or_none(file, row, price);
    const double gib = number_or_none(file, row, memory);
    (void)number_or_none(file, row, spot_price);
    if (row.cells[name].empty()) {
      ++unnamed;
      continue;
    }
    if (!name_matches(row.cells[name], query.match)) continue;
    if (std::isnan(on_demand)) {
      ++unpriced;
      continue;
    }
    merge(list, index,
          {.name = row.cells[name],
           .machine = row.cells[name],
           .price_per_hour = on_demand,
           .as_of = as_of,
           .relative_speed = unstated,
           .memory_gib = gib,
           .max_nodes = std::numeric_limits<double>::infinity(),
           .network_gbps = unstated});
  }
  regions.require_one();
  list.notes.push_back(
      fmt::format("SkyPilot catalogue{}: {} instance type{} in USD, prices of {}{}",
                  query.region.empty() ? "" : ", region " + query.region, list.nodes.size(),
                  list.nodes.size() == 1 ? "" : "s", as_of,
                  query.as_of.empty() ? " (the date of the file)" : ""));
  if (unnamed > 0)
    list.notes.push_back(fmt::format("left out: {} without an instance type", unnamed));
  if (unpriced > 0)
    list.notes.push_back(fmt::format("left out: {} without an on-demand price", unpriced));
  if (query.spot)
    list.notes.emplace_back(
        "spot prices of the catalogue were left out: it does not say how often a node is taken "
        "away");
  return list;
}

}  // namespace sky_pilot
}  // namespace

PriceList read_sky_pilot_catalogue(const std::filesystem::path& path, const PriceQuery& query) {
  return sky_pilot::read(path, query);
}

}  // namespace assay::models
