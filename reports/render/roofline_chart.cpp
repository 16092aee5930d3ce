#include "reports/render/roofline_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "reports/render/axis.hpp"
#include "reports/render/canvas.hpp"
#include "reports/render/numbers.hpp"

namespace assay::render {

namespace {

using models::ComputeRoof;
using models::MemoryRoof;
using models::Roofline;
using models::RooflinePoint;

constexpr std::size_t check_style = 6;
constexpr double chart_width = 520, top = 30, plot_height = 270, height = top + plot_height + 46;

struct Frame {
  svg::Box box;
  AxisSpec x_axis, y_axis;
  Scale x, y;
};

double highest_peak(const Roofline& roofline) {
  double peak = 0;
  for (const ComputeRoof& roof : roofline.compute) peak = std::max(peak, roof.rate.value.value());
  return peak;
}

Frame frame_of(const Roofline& roofline) {
  const double peak = highest_peak(roofline);
  double lowest_ridge = 1, highest_ridge = 1, slowest = peak;
  for (const MemoryRoof& roof : roofline.memory) {
    const double ridge = peak / roof.rate.value.value();
    lowest_ridge = std::min(lowest_ridge, ridge);
    highest_ridge = std::max(highest_ridge, ridge);
    slowest = std::min(slowest, roof.rate.value.value());
  }
  double x_low = std::min(0.06, lowest_ridge / 4), x_high = std::max(20.0, highest_ridge * 5);
  double y_low = std::min(peak / 100, slowest * x_low), y_high = peak * 2.6;
  for (const RooflinePoint& point : roofline.points) {
    if (!(point.intensity.value() > 0) || !(point.rate.value.value() > 0)) continue;
    x_low = std::min(x_low, point.intensity.value() / 2);
    x_high = std::max(x_high, point.intensity.value() * 3);
    y_low = std::min(y_low, point.rate.value.value() / 2);
    y_high = std::max(y_high, point.rate.value.value() * 1.6);
  }
  AxisSpec x_axis{.title = "arithmetic intensity (FLOP/B)", .kind = ScaleKind::log10};
  AxisSpec y_axis{.title = "rate (FLOP/s)", .unit_name = "FLOP/s", .kind = ScaleKind::log10};
  const Scale y(ScaleKind::log10, y_low, y_high, top + plot_height, top);
  const double left = std::max(40.0, label_width(y_axis, y) + 13);
  const svg::Box box{left, top, chart_width - left - 14, plot_height};
  return {box, x_axis, y_axis, Scale(ScaleKind::log10, x_low, x_high, box.x, box.right()), y};
}

/// Memory roofs end where they meet the highest compute roof; the band is the roof's interval.
void draw_memory_roof(Node svg, const Frame& frame, const MemoryRoof& roof, std::size_t style,
                      double peak) {
  const double x0 = frame.x.low();
  const auto ridge = [&](double rate) { return std::min(frame.x.high(), peak / rate); };
  const auto point = [&](double x, double rate) {
    return std::pair(frame.x(x), frame.y(x * rate));
  };
  const double low = roof.rate.low.value(), high = roof.rate.high.value(),
               rate = roof.rate.value.value();
  if (low > 0 && high > low)
    svg::polygon(
        svg, {point(x0, low), point(x0, high), point(ridge(high), high), point(ridge(low), low)},
        svg::series_paint(style), 0.25);
  svg::Points line{point(x0, rate), point(ridge(rate), rate)};
  svg::tip(svg::polyline(svg, line, svg::series_paint(style), 2, svg::series_dash(style)),
           fmt::format("{} {}: {}", roof.level, roof.operation,
                       show_with_range(rate, low, high, "B/s")));
}

/// Along the lines; a roof close to the one above it is labelled further along, so that the texts
/// stand behind each other instead of on each other.
void label_memory_roofs(Node svg, const Frame& frame, const Roofline& roofline) {
  double before = -1e9, along = 0;
  // In the plot both axes are logarithmic: all memory roofs have one slope.
  const double decade_x = frame.x(10) - frame.x(1), decade_y = frame.y(1) - frame.y(10);
  const double angle = std::atan2(decade_y, decade_x);
  for (std::size_t i = 0; i < roofline.memory.size(); ++i) {
    const MemoryRoof& roof = roofline.memory[i];
    const double rate = roof.rate.value.value();
    const std::string text = fmt::format("{} {}", roof.level, show(rate, "B/s"));
    const double length = svg::text_width(text, 11.5) + 12;
    const double offset =
        frame.y(frame.x.low() * rate) * std::cos(angle);  // Perpendicular distance.
    along = offset - before < 16 ? along + length : 10;
    before = offset;
    // A roof that enters the plot through its floor is labelled from there on.
    double start = frame.x.low();
    if (frame.x.low() * rate < frame.y.low()) start = frame.y.low() / rate;
    const double x = frame.x(start) + along * std::cos(angle) - 5 * std::sin(angle);
    const double y = frame.y(start * rate) - along * std::sin(angle) - 5 * std::cos(angle);
    svg::text(svg, x, y, text,
              {.fill = svg::series_paint(i),
               .size = 11.5,
               .bold = true,
               .rotate = -angle * 180 / M_PI,
               .halo = true});
  }
}

bool overlap(const svg::Box& a, const svg::Box& b) {
  return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}

std::string roof_name(const ComputeRoof& roof) {
  std::string name = roof.operation == "fma"           ? "FMA"
                     : roof.operation == "fma_add"     ? "FMA+ADD"
                     : roof.operation == "fma_add_2_1" ? "2 FMA + 1 ADD"
                                                       : roof.operation;
  return fmt::format("{} {}", name, show(roof.rate.value.value(), "FLOP/s"));
}

/// Labelled from the right: the highest roof above its line, the others below theirs. Returns where
/// the labels stand.
std::vector<svg::Box> draw_compute_roofs(Node svg, const Frame& frame, const Roofline& roofline) {
  double fastest_memory = 0;
  for (const MemoryRoof& roof : roofline.memory)
    fastest_memory = std::max(fastest_memory, roof.rate.value.value());
  std::vector<svg::Box> taken;
  for (const RooflinePoint& point : roofline.points)
    if (point.intensity.value() > 0 && point.rate.value.value() > 0)
      taken.push_back(
          {frame.x(point.intensity.value()) - 7, frame.y(point.rate.value.value()) - 7, 14, 14});
  double lowest = 0;
  for (const ComputeRoof& roof : roofline.compute)
    lowest = std::max(lowest, frame.y(roof.rate.value.value()));
  // All bands and lines first, so that none covers a label.
  for (std::size_t n = roofline.compute.size(); n-- > 0;) {
    const ComputeRoof& roof = roofline.compute[n];
    const bool highest = n + 1 == roofline.compute.size();
    const double rate = roof.rate.value.value(), y = frame.y(rate);
    const double from = fastest_memory > 0
                            ? std::clamp(rate / fastest_memory, frame.x.low(), frame.x.high())
                            : frame.x.low();
    const double low = frame.y(roof.rate.low.value()), high = frame.y(roof.rate.high.value());
    if (low > high)
      svg::rectangle(svg, {frame.x(from), high, frame.box.right() - frame.x(from), low - high},
                     svg::grid);
    svg::tip(svg::line(svg, frame.x(from), y, frame.box.right(), y, svg::ink, highest ? 2 : 1.3,
                       highest ? "" : "5 3"),
             fmt::format(
                 "{} {} {}: {}", roof.operation, roof.dtype, roof.isa,
                 show_with_range(rate, roof.rate.low.value(), roof.rate.high.value(), "FLOP/s")));
  }
  for (std::size_t n = roofline.compute.size(); n-- > 0;) {
    const ComputeRoof& roof = roofline.compute[n];
    const bool highest = n + 1 == roofline.compute.size();
    const double y = frame.y(roof.rate.value.value());
    const std::string name = roof_name(roof);
    const double wide = svg::text_width(name, 11.5);
    svg::Box box{frame.box.right() - 4 - wide, highest ? y - 18 : lowest + 4, wide, 14};
    while (std::any_of(taken.begin(), taken.end(),
                       [&](const svg::Box& other) { return overlap(box, other); }))
      box.y += 5;
    taken.push_back(box);
    svg::text(svg, frame.box.right() - 4, box.y + 11, name,
              {.size = 11.5, .anchor = svg::Anchor::end, .bold = true, .halo = true});
  }
  return taken;
}

/// The first free place around a point for its name.
std::optional<svg::Box> place_for(const std::vector<svg::Box>& taken, const Frame& frame, double x,
                                  double y, double wide) {
  for (int step = 0; step < 14; ++step)
    for (const double left : {x + 9, x - wide - 9}) {
      const svg::Box box{left, y - 6 + 13.0 * step, wide, 13};
      const bool inside = box.x >= frame.box.x && box.right() <= frame.box.right() &&
                          box.bottom() <= frame.box.bottom();
      if (inside && std::none_of(taken.begin(), taken.end(),
                                 [&](const svg::Box& other) { return overlap(box, other); }))
        return box;
    }
  return std::nullopt;
}

/// The points of the roof check stand for their level; all others are workloads.
bool is_check(const RooflinePoint& point) {
  return point.name.find("ai=") != std::string::npos;
}

void draw_points(Node svg, const Frame& frame, const Roofline& roofline,
                 std::vector<svg::Box> taken, const std::string& id) {
  constexpr auto most_tips = 16;
  const bool tips =
      std::count_if(roofline.points.begin(), roofline.points.end(), is_check) <= most_tips;
  svg::Points without_tips;
  Node checks = svg::filled_group(svg, svg::series_paint(check_style)),
       workloads = svg::filled_group(svg, svg::series_paint(3));
  svg::outline_in_paper(checks);
  svg::outline_in_paper(workloads);
  for (const ComputeRoof& roof : roofline.compute)
    taken.push_back({frame.box.x, frame.y(roof.rate.value.value()) - 1, frame.box.width, 2});
  for (const RooflinePoint& point : roofline.points) {
    if (!(point.intensity.value() > 0) || !(point.rate.value.value() > 0)) continue;
    const double x = frame.x(point.intensity.value()), y = frame.y(point.rate.value.value());
    const bool check = is_check(point);
    if (check && !tips) {
      without_tips.emplace_back(x, y);
      continue;
    }
    Node mark = svg::marker(check ? checks : workloads, check ? 0 : 3, x, y, check ? 3 : 5);
    svg::tip(mark, fmt::format("{}: {} at {} FLOP/B, {} of what the {} roof allows", point.name,
                               show(point.rate.value.value(), "FLOP/s"),
                               show_digits(point.intensity.value()),
                               show_percent(1 / point.headroom), point.bound));
    if (check) continue;
    const std::string name = svg::fit(point.name, 11, 150);
    const auto box = place_for(taken, frame, x, y, svg::text_width(name, 11));
    if (!box) continue;
    taken.push_back(*box);
    const bool left = box->x < x;
    svg::text(svg, left ? box->right() : box->x, box->y + 10, name,
              {.fill = svg::series_paint(3),
               .size = 11,
               .anchor = left ? svg::Anchor::end : svg::Anchor::start,
               .halo = true});
  }
  for (Node group : {checks, workloads})
    if (!group.first_child()) svg.remove_child(group);
  if (!without_tips.empty()) svg::dots(svg, id, check_style, without_tips, 3, true);
}

}  // namespace

Node draw(Node parent, const Roofline& roofline) {
  const Frame frame = frame_of(roofline);
  const double peak = highest_peak(roofline);
  Node svg = canvas(parent, chart_width, height);
  draw_y_axis(svg, frame.y_axis, frame.y, frame.box);
  draw_x_axis(svg, frame.x_axis, frame.x, frame.box);
  Node marks = clipped_group(svg, frame.box);
  const std::vector<svg::Box> taken = draw_compute_roofs(marks, frame, roofline);
  for (std::size_t i = 0; i < roofline.memory.size(); ++i)
    draw_memory_roof(marks, frame, roofline.memory[i], i, peak);
  label_memory_roofs(marks, frame, roofline);
  draw_points(marks, frame, roofline, taken,
              parent.attribute("id").as_string("roofline") + std::string("-checks"));
  return svg;
}

}  // namespace assay::render
