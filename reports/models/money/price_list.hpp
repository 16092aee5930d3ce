#pragma once
/// @file
/// What the user pays: a dated CSV, never built in.
///
///   name,price_per_hour,currency,as_of,relative_speed,memory_gib,max_nodes,network_gbps,coordination_floor_per_hour
///
/// The first four have to be there. relative_speed: of computing, of one node of this type, where
/// the measured one is 1; without the column it is unknown. network_gbps (10^9 bit/s) is what its
/// bytes travel at. memory_gib, max_nodes and network_gbps may be empty: not stated, no limit, as
/// measured. coordination_floor_per_hour: what a second and further node needs beside themselves (a
/// switch, a scheduler), per hour; empty: 0.
///
/// Further columns, all optional: region; billing_step_s and billing_minimum_s (a node is paid for
/// in steps of so many seconds, and for at least so many); spot_price_per_hour and
/// spot_interruptions_per_hour (of one node).
///
/// Lines that start with # are comments. Two are read: one that says the list is fictional, and
/// exchange rates, which bring lines of other currencies into the first line's:
///
///   # exchange: 1 USD = 0.92 EUR on 2024-01-01
///
/// SkyPilot's catalogues (vms.csv: InstanceType, MemoryGiB, Price, SpotPrice, Region ...) are read
/// as they are: in USD, of the date of the file where the user states none, at an unknown speed.
/// Zones of a region are one offer at the lowest of their prices; lines without a price or without
/// an instance type are left out, and counted.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "probes/core/statistics.hpp"

namespace assay::models {

struct NodeType {
  std::string name;
  std::string machine;  ///< What it is bought of: the name, without the " spot" of a spot offer.
  double price_per_hour = 0;
  std::string as_of;          ///< YYYY-MM-DD
  double relative_speed = 1;  ///< Of computing; 1 where the type itself was measured.
  double memory_gib = 0;      ///< NaN when not stated.
  double max_nodes = 0;       ///< Infinite when not stated.
  double network_gbps = 0;    ///< NaN when not stated.
  double coordination_floor_per_hour = 0;
  /// Paid in steps of billing_step_s, for at least billing_minimum_s; 0: to the second, no minimum.
  double billing_step_s = 0, billing_minimum_s = 0;
  /// Of one node, on top of failures; above 0 for a spot offer only.
  double interruptions_per_hour = 0;
};

inline constexpr double seconds_per_hour = 3600;

/// Of `nodes` of them for an hour; several pay for their coordination too.
[[nodiscard]] inline double price_per_hour(const NodeType& type, double nodes) {
  return nodes * type.price_per_hour + (nodes > 1 ? type.coordination_floor_per_hour : 0);
}

/// The time that is paid for where `seconds` are used: in whole steps, at least the minimum.
[[nodiscard]] double billed_seconds(const NodeType& type, double seconds);

struct PriceList {
  std::string currency;            ///< ISO 4217, e.g. "EUR"; one for the whole list.
  bool fictional = false;          ///< The file says so in a comment line.
  std::vector<NodeType> nodes;     ///< In the order of the file.
  std::vector<std::string> notes;  ///< What was left out, converted or taken for granted.
};

/// What of a list is wanted.
struct PriceQuery {
  std::string region;  ///< Empty: any, where the list holds one region only.
  std::string match;   ///< Of the name: a part of it, or a pattern with * and ?; empty: all.
  std::string as_of;   ///< Of a catalogue without dates, YYYY-MM-DD; empty: the file's date.
  bool spot = false;   ///< Also the spot offers, as types "NAME spot".
  /// Types with measurements of their own: only they may have an unknown speed, and all of them
  /// have to be in the list. Empty: one machine was measured, of the type of speed 1.
  std::vector<std::string> measured;
};

/// Throws InputError with file, line and column: a missing column, a price that is zero or
/// negative, a date that is none, a currency without an exchange rate, no rows left, several
/// regions and none asked for, two rows of one name, several types of which none says how fast it
/// is.
[[nodiscard]] PriceList read_price_list(const std::filesystem::path& file,
                                        const PriceQuery& query = {});

/// A day of the calendar, written YYYY-MM-DD.
[[nodiscard]] bool is_date(const std::string& text);

}  // namespace assay::models
