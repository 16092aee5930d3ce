#include "reports/render/stacked_bars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/render/axis.hpp"
#include "reports/render/canvas.hpp"
#include "reports/render/numbers.hpp"

namespace assay::render {

namespace {

constexpr double widest_name = 205;

double part_of(double value) {
  return std::isfinite(value) && value > 0 ? value : 0;
}

double total(const StackedBars::Bar& bar) {
  double sum = 0;
  for (const double part : bar.parts) sum += part_of(part);
  return sum;
}

}  // namespace

Node draw(Node parent, const StackedBars& chart) {
  constexpr double width = 520, bar_height = 24, gap = 10, top = 34;
  double left = 40, longest = 0;
  for (const StackedBars::Bar& bar : chart.bars) {
    left = std::max(left, svg::text_width(svg::fit(bar.name, 11.5, widest_name), 11.5) + 14);
    longest = std::max(longest, total(bar));
  }
  const double plot_height = static_cast<double>(chart.bars.size()) * (bar_height + gap);
  Node svg = canvas(parent, width, top + plot_height + 46);
  const svg::Box box{left, top, width - left - 20, plot_height};
  const Scale x(ScaleKind::linear, 0, longest > 0 ? longest * 1.02 : 1, box.x, box.right());
  draw_x_axis(svg, {.title = chart.title, .unit_name = chart.unit_name}, x, box);

  double legend = box.x;
  for (std::size_t i = 0; i < chart.parts.size(); ++i) {
    svg::rectangle(svg, {legend, 9, 12, 12}, svg::series_paint(i));
    svg::text(svg, legend + 17, 19, chart.parts[i], {.size = 11.5});
    legend += svg::text_width(chart.parts[i], 11.5) + 36;
  }
  for (std::size_t b = 0; b < chart.bars.size(); ++b) {
    const StackedBars::Bar& bar = chart.bars[b];
    const double y = top + gap / 2 + static_cast<double>(b) * (bar_height + gap);
    svg::text(svg, left - 8, y + 16, svg::fit(bar.name, 11.5, widest_name),
              {.size = 11.5, .anchor = svg::Anchor::end});
    double start = 0;
    for (std::size_t i = 0; i < bar.parts.size(); ++i) {
      const double part = part_of(bar.parts[i]);
      if (part <= 0) continue;
      const double from = x(start), to = x(start + part);
      Node mark = svg::rectangle(svg, {from, y, to - from - 1, bar_height}, svg::series_paint(i));
      svg::tip(mark,
               fmt::format("{}, {}: {}", bar.name, chart.parts[i], show(part, chart.unit_name)));
      const std::string label = show(part, chart.unit_name);
      if (svg::text_width(label, 11) + 8 < to - from)
        svg::text(svg, (from + to) / 2, y + 16, label,
                  {.fill = svg::paper, .size = 11, .anchor = svg::Anchor::middle, .bold = true});
      start += part;
    }
  }
  return svg;
}

}  // namespace assay::render
