#include "reports/render/xy_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "reports/render/canvas.hpp"
#include "reports/render/labels.hpp"

namespace assay::render {

namespace {

constexpr double label_size = 11.5;
constexpr double widest_label = 128;

bool drawable(const ChartPoint& point, const XyChart& chart) {
  const bool x_ok = std::isfinite(point.x) && (chart.x.kind == ScaleKind::linear || point.x > 0);
  return x_ok && std::isfinite(point.y) && (chart.y.kind == ScaleKind::linear || point.y > 0);
}

Scale scale_of(const AxisSpec& axis, std::vector<double> values, double from, double to) {
  Domain domain = domain_of(values, axis.kind);
  if (is_present(axis.low)) domain.low = axis.low;
  if (is_present(axis.high)) domain.high = axis.high;
  if (!(domain.low < domain.high)) domain.high = domain.low * 2 + (domain.low <= 0 ? 1 : 0);
  return {axis.kind, domain.low, domain.high, from, to};
}

std::vector<double> all_x(const XyChart& chart) {
  std::vector<double> values;
  for (const ChartSeries& series : chart.series)
    for (const ChartPoint& point : series.points)
      if (drawable(point, chart)) values.push_back(point.x);
  for (const ChartRegion& region : chart.regions)
    values.insert(values.end(), {region.from, region.to});
  return values;
}

std::vector<double> all_y(const XyChart& chart) {
  std::vector<double> values;
  for (const ChartSeries& series : chart.series)
    for (const ChartPoint& point : series.points)
      if (drawable(point, chart)) values.insert(values.end(), {point.y, point.low, point.high});
  for (const ChartGuide& guide : chart.guides)
    if (guide.at == ChartGuide::Along::y) values.push_back(guide.value);
  return values;
}

/// Everything that drawing needs, in one place.
struct Plot {
  const XyChart& chart;
  svg::Box box;
  Scale x, y;
};

void draw_regions(Node svg, const Plot& plot) {
  for (const ChartRegion& region : plot.chart.regions) {
    const double left = std::max(plot.box.x, plot.x(region.from));
    const double right = std::min(plot.box.right(), plot.x(region.to));
    if (right <= left) continue;
    svg::rectangle(svg, {left, plot.box.y, right - left, plot.box.height}, svg::shade);
    svg::line(svg, left, plot.box.y, left, plot.box.bottom(), svg::frame, 1, "2 3");
  }
}

void draw_guides(Node svg, const Plot& plot) {
  for (const ChartGuide& guide : plot.chart.guides) {
    if (guide.at == ChartGuide::Along::x) {
      if (!plot.x.contains(guide.value)) continue;
      const double x = plot.x(guide.value);
      svg::tip(svg::line(svg, x, plot.box.y, x, plot.box.bottom(), svg::muted, 1, "3 3"),
               guide.label);
    } else {
      const double y = plot.y(guide.value);
      svg::line(svg, plot.box.x, y, plot.box.right(), y, svg::muted, 1, "3 3");
    }
  }
}

/// How much lies at the top (or bottom) of the plot near that x, down to `depth`: dots weigh more
/// than lines.
int crowding(const Plot& plot, double x, double depth, bool at_top) {
  const auto is_there = [&](double y) {
    return at_top ? y < plot.box.y + depth : y > plot.box.bottom() - depth;
  };
  int weight = 0;
  for (const ChartSeries& series : plot.chart.series) {
    const std::vector<ChartPoint>& points = series.points;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (!drawable(points[i], plot.chart)) continue;
      const double here = plot.x(points[i].x), y = plot.y(points[i].y);
      if (series.dots && std::abs(here - x) < 16 && is_there(y)) weight += 3;
      if (!series.lines || i + 1 == points.size() || !drawable(points[i + 1], plot.chart)) continue;
      const double next = plot.x(points[i + 1].x), next_y = plot.y(points[i + 1].y);
      if (here > x || next < x || next <= here) continue;
      if (is_there(y + (next_y - y) * (x - here) / (next - here))) ++weight;
    }
  }
  return weight;
}

/// Vertical guides are labelled along their line, at the end where no data are; a label that would
/// meet its neighbour is left to the tooltip.
void label_guides(Node svg, const Plot& plot) {
  double free_from = -1e9;
  for (const ChartGuide& guide : plot.chart.guides) {
    svg::TextStyle style{.fill = svg::muted, .size = 10.5, .halo = true};
    if (guide.at == ChartGuide::Along::y) {
      if (!guide.label.empty())
        svg::text(svg, plot.box.x + 5, plot.y(guide.value) - 5, guide.label, style);
      continue;
    }
    const double x = plot.x(guide.value);
    if (!plot.x.contains(guide.value) || x < free_from) continue;
    free_from = x + 14;
    style.rotate = -90;
    const double length = svg::text_width(guide.label, 10.5) + 12;
    const bool below = crowding(plot, x, length, false) < crowding(plot, x, length, true);
    style.anchor = below ? svg::Anchor::start : svg::Anchor::end;
    svg::text(svg, x - 4, below ? plot.box.bottom() - 6 : plot.box.y + 4, guide.label, style);
  }
}

/// At the right end of each region, at the top or bottom, wherever less is drawn.
void label_regions(Node svg, const Plot& plot) {
  for (const ChartRegion& region : plot.chart.regions) {
    const double left = std::max(plot.box.x, plot.x(region.from)),
                 right = std::min(plot.box.right(), plot.x(region.to));
    const std::string label = svg::fit(region.label, 10.5, right - left - 8);
    if (label.size() < 5) continue;
    const double middle = right - 4 - svg::text_width(label, 10.5) / 2;
    const bool at_top = crowding(plot, middle, 24, true) < crowding(plot, middle, 24, false);
    svg::text(svg, right - 4, at_top ? plot.box.y + 13 : plot.box.bottom() - 6, label,
              {.fill = svg::muted, .size = 10.5, .anchor = svg::Anchor::end, .halo = true});
  }
}

void draw_band(Node svg, const Plot& plot, const ChartSeries& series) {
  svg::Points upper, lower;
  for (const ChartPoint& point : series.points) {
    if (!is_present(point.low) || !std::isfinite(point.high)) continue;
    if (!std::isfinite(plot.x(point.x))) continue;
    upper.emplace_back(plot.x(point.x), std::max(plot.box.y, plot.y(point.high)));
    lower.emplace_back(plot.x(point.x), std::min(plot.box.bottom(), plot.y(point.low)));
  }
  if (upper.size() < 2) return;
  upper.insert(upper.end(), lower.rbegin(), lower.rend());
  svg::polygon(svg, upper, svg::series_paint(series.style), 0.18);
}

/// A point without value interrupts the line; its pieces are one element.
void draw_lines(Node svg, const Plot& plot, const ChartSeries& series) {
  std::vector<svg::Points> runs(1);
  for (const ChartPoint& point : series.points) {
    if (drawable(point, plot.chart))
      runs.back().emplace_back(plot.x(point.x), plot.y(point.y));
    else if (!runs.back().empty())
      runs.emplace_back();
  }
  std::erase_if(runs, [](const svg::Points& run) { return run.size() < 2; });
  if (runs.empty()) return;
  if (series.plain)
    svg::polylines(svg, runs, svg::muted, 1.3, "5 4");
  else
    svg::polylines(svg, runs, svg::series_paint(series.style), 2, svg::series_dash(series.style));
}

std::size_t count_dots(const XyChart& chart) {
  std::size_t dots = 0;
  for (const ChartSeries& series : chart.series)
    if (series.dots) dots += series.points.size();
  return dots;
}

/// Every how manieth point of a series is drawn, where all series with dots share `most_dots`.
std::size_t stride_of(const XyChart& chart, const ChartSeries& series) {
  const auto with_dots = static_cast<std::size_t>(std::count_if(
      chart.series.begin(), chart.series.end(), [](const auto& s) { return s.dots; }));
  const std::size_t share =
      std::max<std::size_t>(1, most_dots / std::max<std::size_t>(1, with_dots));
  return std::max<std::size_t>(1, (series.points.size() + share - 1) / share);
}

void draw_dots(Node svg, const Plot& plot, const ChartSeries& series, bool with_tips,
               const std::string& id) {
  const std::size_t stride = stride_of(plot.chart, series);
  const svg::Paint colour = svg::series_paint(series.style);
  svg::Segments whiskers;
  svg::Points without_tips;
  const double radius = series.lines ? 3.2 : 3.4;
  Node whisker_place = svg::group(svg);
  Node marks = svg::filled_group(svg, colour);
  if (!series.lines) svg::outline_in_paper(marks);
  for (std::size_t i = 0; i < series.points.size(); i += stride) {
    const ChartPoint& point = series.points[i];
    if (!drawable(point, plot.chart)) continue;
    const double x = plot.x(point.x), y = plot.y(point.y);
    // An interval smaller than its marker would only be noise.
    if (!series.lines && is_present(point.low) && is_present(point.high) &&
        plot.y(point.low) - plot.y(point.high) > 7)
      whiskers.push_back({x, plot.y(point.low), x, plot.y(point.high)});
    if (!with_tips) {
      without_tips.emplace_back(x, y);
      continue;
    }
    Node mark = svg::marker(marks, series.style, x, y, radius);
    if (!point.tip.empty()) svg::tip(mark, point.tip);
  }
  svg::segments(whisker_place, whiskers, colour, 1.4);
  if (whiskers.empty()) svg.remove_child(whisker_place);
  if (with_tips) return;
  svg.remove_child(marks);
  if (!without_tips.empty()) svg::dots(svg, id, series.style, without_tips, radius, !series.lines);
}

/// Whether anything of the series is drawn: a point, or only a band.
bool is_visible(const ChartSeries& series, const XyChart& chart) {
  return std::any_of(series.points.begin(), series.points.end(), [&](const ChartPoint& point) {
    return drawable(point, chart) ||
           (series.lines && is_present(point.low) && is_present(point.high));
  });
}

std::vector<const ChartSeries*> labelled(const XyChart& chart) {
  std::vector<const ChartSeries*> list;
  for (const ChartSeries& series : chart.series)
    if (!series.name.empty() && is_visible(series, chart)) list.push_back(&series);
  return list;
}

bool wants_legend(const std::vector<const ChartSeries*>& list) {
  return list.size() > 7 || std::any_of(list.begin(), list.end(), [](const ChartSeries* series) {
           return svg::text_width(series->name, label_size) > widest_label;
         });
}

/// Where a series ends on the page: its last point, or the middle of its band where only that goes
/// on.
std::pair<double, double> end_of(const Plot& plot, const ChartSeries& series) {
  for (auto point = series.points.rbegin(); point != series.points.rend(); ++point) {
    if (drawable(*point, plot.chart)) return {plot.x(point->x), plot.y(point->y)};
    if (series.lines && is_present(point->low) && is_present(point->high))
      return {plot.x(point->x), (plot.y(point->low) + plot.y(point->high)) / 2};
  }
  return {plot.box.right(), plot.box.y};
}

/// For a label that starts at x near y: below, above, then further off, wherever no other stands.
svg::Box free_place(const std::vector<svg::Box>& taken, const Plot& plot, double x, double y,
                    double width) {
  constexpr double high = 14;
  for (const double off : {5.0, -19.0, 20.0, -34.0, 35.0, -49.0, 50.0, -64.0}) {
    const svg::Box box{x, y + off, width, high};
    if (box.y < plot.box.y || box.bottom() > plot.box.bottom() - 2) continue;
    if (std::any_of(taken.begin(), taken.end(), [&](const svg::Box& other) {
          return box.x < other.right() && other.x < box.right() && box.y < other.bottom() &&
                 other.y < box.bottom();
        }))
      continue;
    return box;
  }
  return {x, std::min(y + 5, plot.box.bottom() - high - 3), width, high};
}

/// Beside the right edge, each as near as possible to where its line ends; a series that ends well
/// before the edge is labelled where it ends.
void draw_direct_labels(Node svg, const Plot& plot, const std::vector<const ChartSeries*>& list) {
  std::vector<double> wanted, ends;
  std::vector<svg::Box> taken;
  std::vector<const ChartSeries*> at_edge;
  for (const ChartSeries* series : list) {
    const auto [x, end_y] = end_of(plot, *series);
    const double y = std::clamp(end_y, plot.box.y, plot.box.bottom());
    const double width = svg::text_width(series->name, label_size);
    if (x + width + 12 < plot.box.right()) {
      const svg::Box place = free_place(taken, plot, x + 7, y, width);
      taken.push_back(place);
      svg::text(svg, place.x, place.y + 11, series->name,
                {.fill = series->plain ? svg::muted : svg::series_paint(series->style),
                 .size = label_size,
                 .bold = true,
                 .halo = true});
      continue;
    }
    at_edge.push_back(series);
    ends.push_back(x);
    wanted.push_back(std::clamp(y, plot.box.y, plot.box.bottom()));
  }
  const std::vector<double> placed = spread(wanted, 15, plot.box.y + 4, plot.box.bottom() - 4);
  for (std::size_t i = 0; i < at_edge.size(); ++i) {
    const svg::Paint colour = at_edge[i]->plain ? svg::muted : svg::series_paint(at_edge[i]->style);
    svg::line(svg, ends[i] + 4, wanted[i], plot.box.right() + 7, placed[i], colour, 0.8);
    svg::text(svg, plot.box.right() + 10, placed[i] + 4, at_edge[i]->name,
              {.fill = colour, .size = label_size, .bold = true});
  }
}

double legend_height(const std::vector<const ChartSeries*>& list, double width) {
  return 18.0 * static_cast<double>(legend_rows(list.size(), width));
}

void draw_legend(Node svg, const std::vector<const ChartSeries*>& list, const svg::Box& box) {
  const std::size_t columns = legend_columns(box.width);
  const double column_width = box.width / static_cast<double>(columns);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::size_t row = i / columns, column = i % columns;
    const double x = box.x + static_cast<double>(column) * column_width;
    const double y = box.y + 18.0 * static_cast<double>(row) + 8;
    const ChartSeries& series = *list[i];
    if (series.plain)
      svg::line(svg, x, y, x + 26, y, svg::muted, 1.3, "5 4");
    else if (series.lines)
      svg::line(svg, x, y, x + 26, y, svg::series_paint(series.style), 2,
                svg::series_dash(series.style));
    if (series.dots && !series.plain)
      svg::marker(svg::filled_group(svg, svg::series_paint(series.style)), series.style, x + 13, y,
                  3.4);
    svg::text(svg, x + 32, y + 4, svg::fit(series.name, 11, column_width - 40), {.size = 11});
  }
}

}  // namespace

std::string thinning(const XyChart& chart) {
  std::size_t most = 1;
  for (const ChartSeries& series : chart.series)
    if (series.dots) most = std::max(most, stride_of(chart, series));
  return most == 1   ? ""
         : most == 2 ? " Drawn thinned: every second point."
                     : fmt::format(" Drawn thinned: one point in {}.", most);
}

Node draw(Node parent, const XyChart& chart) {
  const std::vector<const ChartSeries*> list = labelled(chart);
  const bool legend = wants_legend(list);
  double right = 18;
  if (!legend)
    for (const ChartSeries* series : list)
      right = std::max(right, svg::text_width(series->name, label_size) * 1.08 + 18);

  constexpr double width = 520, top = 30, plot_height = 250;
  const double legend_space = legend ? legend_height(list, width - 20) + 6 : 0;
  const double height = top + plot_height + 46 + legend_space;

  // The label width depends on the ticks, which depend on the domain alone.
  const Scale y = scale_of(chart.y, all_y(chart), top + plot_height, top);
  const double left = std::max(34.0, label_width(chart.y, y) + 13);
  const svg::Box box{left, top, width - left - right, plot_height};
  const Plot plot{chart, box, scale_of(chart.x, all_x(chart), box.x, box.right()), y};

  Node svg = canvas(parent, width, height);
  draw_regions(svg, plot);
  draw_y_axis(svg, chart.y, plot.y, box);
  draw_x_axis(svg, chart.x, plot.x, box);
  draw_guides(svg, plot);
  Node marks = clipped_group(svg, box);
  for (const ChartSeries& series : chart.series)
    if (series.lines) draw_band(marks, plot, series);
  for (const ChartSeries& series : chart.series)
    if (series.lines) draw_lines(marks, plot, series);
  const bool with_tips = count_dots(chart) <= most_tips;
  // The figure's id is unique in the page.
  const std::string prefix = parent.attribute("id").as_string("chart");
  for (std::size_t i = 0; i < chart.series.size(); ++i)
    if (chart.series[i].dots)
      draw_dots(marks, plot, chart.series[i], with_tips, fmt::format("{}-m{}", prefix, i));
  label_guides(svg, plot);
  label_regions(svg, plot);
  if (legend)
    draw_legend(svg, list, {10, top + plot_height + 46, width - 20, legend_space});
  else
    draw_direct_labels(svg, plot, list);
  return svg;
}

}  // namespace assay::render
