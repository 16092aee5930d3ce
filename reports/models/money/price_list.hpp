#pragma once
/// @file
/// What the user pays: a dated CSV, never built in.
///
///   name,price_per_hour,currency,as_of,relative_speed,memory_gib,max_nodes,network_gbps,coordination_floor_per_hour
///
/// relative_speed: of one node of this type, where the measured one is 1. max_nodes and
/// network_gbps (10^9 bit/s) may be empty: no limit, as measured. coordination_floor_per_hour: what
/// a second and further node needs beside themselves (a switch, a scheduler), per hour; empty: 0.

#include <filesystem>
#include <string>
#include <vector>

namespace assay::models {

struct NodeType {
  std::string name;
  double price_per_hour = 0;
  std::string as_of;  ///< YYYY-MM-DD
  double relative_speed = 1;
  double memory_gib = 0;    ///< NaN when not stated.
  double max_nodes = 0;     ///< Infinite when not stated.
  double network_gbps = 0;  ///< NaN when not stated.
  double coordination_floor_per_hour = 0;
};

inline constexpr double seconds_per_hour = 3600;

/// Of `nodes` of them for an hour; several pay for their coordination too.
[[nodiscard]] inline double price_per_hour(const NodeType& type, double nodes) {
  return nodes * type.price_per_hour + (nodes > 1 ? type.coordination_floor_per_hour : 0);
}

struct PriceList {
  std::string currency;         ///< ISO 4217, e.g. "EUR"; one for the whole list.
  bool fictional = false;       ///< The file says so in a comment line.
  std::vector<NodeType> nodes;  ///< In the order of the file.
};

/// Lines that start with # are comments. Throws InputError with file, line and column: a missing
/// column, a price that is zero or negative, mixed currencies, no rows, two rows of one name.
[[nodiscard]] PriceList read_price_list(const std::filesystem::path& file);

}  // namespace assay::models
