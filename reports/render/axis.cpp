#include "reports/render/axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/render/numbers.hpp"

namespace assay::render {

namespace {

constexpr double tick_size = 11.5;

std::vector<double> ticks_of(const AxisSpec& axis, const Scale& scale, int most) {
  if (axis.ticks.empty()) return scale.ticks(most);
  std::vector<double> inside;
  for (const double tick : axis.ticks)
    if (scale.contains(tick)) inside.push_back(tick);
  return inside;
}

/// "%.6g" without trailing zeros, thousands grouped.
std::string plain(double value) {
  if (std::abs(value) >= 1000 && value == std::floor(value) && std::abs(value) < 1e15)
    return show_count(static_cast<std::int64_t>(value));
  return fmt::format("{:.6g}", value);
}

std::string with_unit(double value, const std::string& unit_name) {
  const Prefix prefix = prefix_for(value, unit_name);
  const std::string digits = plain(value / prefix.factor);
  if (unit_name.empty() || unit_name == "1") return digits;
  return fmt::format("{} {}{}", digits, prefix.symbol, unit_name);
}

}  // namespace

std::vector<std::string> tick_labels(const AxisSpec& axis, const std::vector<double>& ticks) {
  std::vector<std::string> labels;
  double largest = 0;
  for (const double tick : ticks) largest = std::max(largest, std::abs(tick));
  const Prefix shared = prefix_for(largest, axis.unit_name);
  const bool has_unit = !axis.unit_name.empty() && axis.unit_name != "1";
  for (const double tick : ticks) {
    if (axis.label)
      labels.push_back(axis.label(tick));
    else if (axis.kind != ScaleKind::linear)
      labels.push_back(with_unit(tick, axis.unit_name));
    else if (tick == 0 || !has_unit)
      labels.push_back(plain(tick / shared.factor));
    else
      labels.push_back(
          fmt::format("{} {}{}", plain(tick / shared.factor), shared.symbol, axis.unit_name));
  }
  return labels;
}

double label_width(const AxisSpec& axis, const Scale& scale) {
  double width = 0;
  for (const std::string& label : tick_labels(axis, ticks_of(axis, scale, 7)))
    width = std::max(width, svg::text_width(label, tick_size));
  return width;
}

namespace {

/// Every how many ticks a label fits: none touches its neighbour, and they stand evenly.
std::size_t label_stride(const std::vector<double>& ticks, const std::vector<std::string>& labels,
                         const Scale& scale) {
  for (std::size_t stride = 1; stride < ticks.size(); ++stride) {
    bool fits = true;
    for (std::size_t i = stride; i < ticks.size() && fits; i += stride)
      fits =
          (svg::text_width(labels[i], tick_size) + svg::text_width(labels[i - stride], tick_size)) /
                  2 +
              7 <=
          scale(ticks[i]) - scale(ticks[i - stride]);
    if (fits) return stride;
  }
  return std::max<std::size_t>(1, ticks.size());
}

}  // namespace

std::string size_label(double bytes) {
  return format_bytes(Bytes(std::round(bytes)));
}

std::string rank_label(double ranks) {
  return show_count(std::llround(ranks));
}

void draw_x_axis(Node parent, const AxisSpec& axis, const Scale& scale, const svg::Box& plot) {
  const std::vector<double> ticks = ticks_of(axis, scale, 8);
  const std::vector<std::string> labels = tick_labels(axis, ticks);
  const std::size_t stride = label_stride(ticks, labels, scale);
  svg::Segments lines, marks;
  for (const double tick : ticks) {
    const double x = scale(tick);
    lines.push_back({x, plot.y, x, plot.bottom()});
    marks.push_back({x, plot.bottom(), x, plot.bottom() + 4});
  }
  svg::segments(parent, lines, svg::grid);
  marks.push_back({plot.x, plot.bottom(), plot.right(), plot.bottom()});
  svg::segments(parent, marks, svg::frame);
  Node texts = svg::text_group(
      parent, {.fill = svg::muted, .size = tick_size, .anchor = svg::Anchor::middle});
  for (std::size_t i = 0; i < ticks.size(); i += stride)
    svg::text_in(texts, scale(ticks[i]), plot.bottom() + 17, labels[i]);
  svg::text(parent, plot.x + plot.width / 2, plot.bottom() + 35, axis.title,
            {.fill = svg::ink, .size = 12, .anchor = svg::Anchor::middle});
}

void draw_y_axis(Node parent, const AxisSpec& axis, const Scale& scale, const svg::Box& plot) {
  const std::vector<double> ticks = ticks_of(axis, scale, 7);
  const std::vector<std::string> labels = tick_labels(axis, ticks);
  svg::Segments lines;
  for (const double tick : ticks) lines.push_back({plot.x, scale(tick), plot.right(), scale(tick)});
  svg::segments(parent, lines, svg::grid);
  Node texts =
      svg::text_group(parent, {.fill = svg::muted, .size = tick_size, .anchor = svg::Anchor::end});
  for (std::size_t i = 0; i < ticks.size(); ++i)
    svg::text_in(texts, plot.x - 7, scale(ticks[i]) + 4, labels[i]);
  svg::text(parent, 2, plot.y - 12, axis.title, {.fill = svg::ink, .size = 12});
}

}  // namespace assay::render
