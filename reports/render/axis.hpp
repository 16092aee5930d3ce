#pragma once
/// @file
/// Axes: ticks, grid lines, tick labels and the axis title.

#include <functional>
#include <string>

#include "probes/core/record.hpp"
#include "reports/render/scale.hpp"
#include "reports/render/svg.hpp"

namespace assay::render {

struct AxisSpec {
  std::string title = {};  ///< With the unit where ticks have none, e.g. "ranks".
  std::string unit_name =
      "1";  ///< Of the values; ticks carry the prefixed unit in the title or each tick.
  ScaleKind kind = ScaleKind::linear;
  /// Fixed ends; absent: from the data.
  double low = absent;
  double high = absent;
  /// Instead of quantities in `unit_name`, e.g. sizes in powers of two.
  std::function<std::string(double)> label = {};
  /// Exactly these ticks, e.g. the rank counts that were measured. Empty: chosen.
  std::vector<double> ticks = {};
};

/// "4 KiB", "1,024": for axes of sizes and of ranks, and for sentences about them.
[[nodiscard]] std::string size_label(double bytes);
[[nodiscard]] std::string rank_label(double ranks);

/// Tick labels of one axis share one prefix on linear scales ("0, 50, 100 us"), and carry their own
/// on logarithmic ones.
[[nodiscard]] std::vector<std::string> tick_labels(const AxisSpec& axis,
                                                   const std::vector<double>& ticks);

/// Width that the labels of a vertical axis need, without its title.
[[nodiscard]] double label_width(const AxisSpec& axis, const Scale& scale);

/// The x axis along the bottom of `plot`, and its vertical grid lines.
void draw_x_axis(Node parent, const AxisSpec& axis, const Scale& scale, const svg::Box& plot);
/// The y axis at the left, its horizontal grid lines, and its title above the plot, read without
/// turning one's head.
void draw_y_axis(Node parent, const AxisSpec& axis, const Scale& scale, const svg::Box& plot);

}  // namespace assay::render
