#pragma once
/// @file
/// A matrix of values as coloured cells with a legend: who is slow towards whom. One hue from light
/// to dark; cells far from the median also carry a mark, so that colour is not alone.

#include <string>
#include <vector>

#include "reports/render/svg.hpp"

namespace assay::render {

struct HeatMap {
  std::vector<std::string> rows, columns;  ///< Names; the sender and the receiver.
  std::string row_title, column_title;
  std::vector<std::vector<double>> values;  ///< [row][column]; NaN: not measured.
  std::string unit_name;
  bool more_is_worse = true;
};

/// At most this many rows and columns are drawn; more are gathered into cells by their median.
inline constexpr std::size_t most_heat_cells = 40;

Node draw(Node parent, const HeatMap& map);

}  // namespace assay::render
