#include "reports/render/heat_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "probes/core/statistics.hpp"
#include "reports/render/canvas.hpp"
#include "reports/render/numbers.hpp"

namespace assay::render {

namespace {

/// Seven steps of one hue, light to dark (lightness falls evenly, so it survives grey print).
constexpr std::array<svg::Paint, 7> colour_steps{{{"h0", "#eef4fa"},
                                                  {"h1", "#cfe1f2"},
                                                  {"h2", "#a8cbe8"},
                                                  {"h3", "#78afd9"},
                                                  {"h4", "#4a90c4"},
                                                  {"h5", "#226fa8"},
                                                  {"h6", "#0b4a80"}}};

/// Cells keep their colours in dark mode, so what stands on them does too.
constexpr svg::Paint on_light{"on-light", "#1b2127"}, on_dark{"on-dark", "#ffffff"};

std::vector<double> finite_values(const HeatMap& map) {
  std::vector<double> values;
  for (const auto& row : map.values)
    for (const double value : row)
      if (std::isfinite(value)) values.push_back(value);
  return values;
}

HeatMap gathered(const HeatMap& map) {
  const std::size_t n = map.rows.size(), m = map.columns.size();
  if (n <= most_heat_cells && m <= most_heat_cells) return map;
  const std::size_t by_row = (n + most_heat_cells - 1) / most_heat_cells;
  const std::size_t by_column = (m + most_heat_cells - 1) / most_heat_cells;
  HeatMap small{.rows = {},
                .columns = {},
                .row_title = map.row_title,
                .column_title = map.column_title,
                .values = {},
                .unit_name = map.unit_name,
                .more_is_worse = map.more_is_worse};
  for (std::size_t j = 0; j < m; j += by_column) small.columns.push_back(map.columns[j]);
  for (std::size_t i = 0; i < n; i += by_row) {
    small.rows.push_back(map.rows[i]);
    std::vector<double> line;
    for (std::size_t j = 0; j < m; j += by_column) {
      std::vector<double> block;
      for (std::size_t a = i; a < std::min(n, i + by_row); ++a)
        for (std::size_t b = j; b < std::min(m, j + by_column); ++b)
          if (std::isfinite(map.values[a][b])) block.push_back(map.values[a][b]);
      line.push_back(block.empty() ? std::numeric_limits<double>::quiet_NaN() : median(block));
    }
    small.values.push_back(std::move(line));
  }
  return small;
}

void draw_legend(Node svg, double x, double y, double low, double high,
                 const std::string& unit_name) {
  for (std::size_t i = 0; i < colour_steps.size(); ++i)
    svg::rectangle(svg, {x + 22 * static_cast<double>(i), y, 22, 10}, colour_steps[i]);
  svg::text(svg, x - 5, y + 10, show(low, unit_name),
            {.fill = svg::muted, .size = 11, .anchor = svg::Anchor::end});
  svg::text(svg, x + 22 * colour_steps.size() + 5, y + 10, show(high, unit_name),
            {.fill = svg::muted, .size = 11});
}

}  // namespace

Node draw(Node parent, const HeatMap& whole) {
  const HeatMap map = gathered(whole);
  constexpr double width = 520;
  double top = 50;
  for (const std::string& name : map.columns)
    top = std::max(top, 36 + svg::text_width(svg::fit(name, 11, 90), 11));
  double label = 30;
  for (const std::string& name : map.rows)
    label = std::max(label, svg::text_width(svg::fit(name, 11, 120), 11));
  const double left = label + 34;
  const double cell =
      std::min(44.0, (width - left - 14) /
                         static_cast<double>(std::max<std::size_t>(1, map.columns.size())));
  const double height = top + cell * static_cast<double>(map.rows.size()) + 50;

  const std::vector<double> values = finite_values(map);
  const double low = values.empty() ? 0 : *std::min_element(values.begin(), values.end());
  const double high = values.empty() ? 1 : *std::max_element(values.begin(), values.end());
  const double middle = values.empty() ? 0 : median(values);

  Node svg = canvas(parent, width, height);
  svg::text(svg, 2, 16, fmt::format("{} (down), {} (across)", map.row_title, map.column_title),
            {.size = 12});
  const bool every_label = cell >= 13;
  const std::size_t stride = every_label ? 1 : static_cast<std::size_t>(std::ceil(13 / cell));
  for (std::size_t j = 0; j < map.columns.size(); j += stride) {
    const double x = left + cell * (static_cast<double>(j) + 0.5);
    svg::text(svg, x + 4, top - 6, svg::fit(map.columns[j], 11, 90),
              {.fill = svg::muted, .size = 11, .rotate = -90});
  }
  for (std::size_t i = 0; i < map.rows.size(); ++i) {
    const double y = top + cell * static_cast<double>(i);
    if (i % stride == 0)
      svg::text(svg, left - 6, y + cell / 2 + 4, svg::fit(map.rows[i], 11, 120),
                {.fill = svg::muted, .size = 11, .anchor = svg::Anchor::end});
    for (std::size_t j = 0; j < map.columns.size(); ++j) {
      const double value = map.values[i][j];
      const svg::Box box{left + cell * static_cast<double>(j), y, cell - 1, cell - 1};
      if (!std::isfinite(value)) continue;
      const double fraction = high > low ? (value - low) / (high - low) : 0;
      const auto step = static_cast<std::size_t>(
          std::clamp(fraction * colour_steps.size(), 0.0, colour_steps.size() - 1.0));
      Node mark = svg::rectangle(svg, box, colour_steps[step]);
      svg::tip(mark, fmt::format("{} to {}: {}", map.rows[i], map.columns[j],
                                 show(value, map.unit_name)));
      const bool far = map.more_is_worse ? value > 1.25 * middle : value < 0.8 * middle;
      if (far && cell >= 9)
        svg::text(svg, box.x + box.width / 2, y + cell / 2 + 4, "!",
                  {.fill = step >= 4 ? on_dark : on_light,
                   .size = std::min(12.0, cell),
                   .anchor = svg::Anchor::middle,
                   .bold = true});
    }
  }
  const double legend = std::max(left, svg::text_width(show(low, map.unit_name), 11) + 12);
  draw_legend(svg, legend, height - 38, low, high, map.unit_name);
  return svg;
}

}  // namespace assay::render
