#pragma once
/// @file
/// Horizontal bars made of parts, labelled inside or beside.

#include <string>
#include <utility>
#include <vector>

#include "reports/render/svg.hpp"

namespace assay::render {

struct StackedBars {
  struct Bar {
    std::string name;
    std::vector<double> parts;  ///< As many as `parts` below; NaN counts as 0.
  };
  std::vector<std::string> parts;
  std::vector<Bar> bars;
  std::string unit_name;
  std::string title;  ///< Of the x axis.
};

/// Of step times, still without bars.
[[nodiscard]] inline StackedBars step_time_bars(std::vector<std::string> parts) {
  return {.parts = std::move(parts), .bars = {}, .unit_name = "s", .title = "time of a step"};
}

Node draw(Node parent, const StackedBars& chart);

}  // namespace assay::render
