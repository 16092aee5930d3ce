#pragma once
/// @file
/// The chart of two quantities: lines with bands, dots, guides, shaded regions, labels at the
/// lines' ends.

#include <string>
#include <vector>

#include "reports/render/axis.hpp"
#include "reports/render/svg.hpp"

namespace assay::render {

struct ChartPoint {
  double x = 0;
  double y = 0;
  double low = absent;  ///< Ends of the interval of y; a band for lines, a whisker for dots.
  double high = absent;
  std::string tip = {};  ///< Shown when pointed at; empty: none.
};

struct ChartSeries {
  std::string name = {};  ///< The direct label. Empty: not labelled.
  std::vector<ChartPoint> points = {};
  std::size_t style = 0;  ///< Colour, dash and marker; series with equal style belong together.
  bool lines = true;
  bool dots = false;
  bool plain = false;  ///< A reference (ideal, prediction) in grey, dashed.
};

/// A shaded part of the x axis, e.g. what lies beyond the measured.
struct ChartRegion {
  double from = 0;
  double to = 0;
  std::string label;
};

/// A line across the plot at one x or y: a cache size, a ceiling, a tier.
struct ChartGuide {
  enum class Along { x, y } at = Along::x;
  double value = 0;
  std::string label;
};

struct XyChart {
  AxisSpec x = {}, y = {};
  std::vector<ChartSeries> series = {};
  std::vector<ChartRegion> regions = {};
  std::vector<ChartGuide> guides = {};
};

/// Most dots that one chart draws; more are thinned.
inline constexpr std::size_t most_dots = 240;
/// With more dots than these none has a tip: nobody hits one of many, and its table has the
/// numbers.
inline constexpr std::size_t most_tips = 30;

/// " Drawn thinned: every second point." or nothing, for the reading of a chart.
[[nodiscard]] std::string thinning(const XyChart& chart);

/// Draws the chart as an <svg> below `parent`. The caller adds title and description (figure.hpp).
Node draw(Node parent, const XyChart& chart);

}  // namespace assay::render
