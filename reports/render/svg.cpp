#include "reports/render/svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace assay::render::svg {

Paint series_paint(std::size_t index) {
  constexpr std::array<Paint, 8> paints{{{"s0", "#0064ab"},
                                         {"s1", "#c04f00"},
                                         {"s2", "#00795a"},
                                         {"s3", "#a8467f"},
                                         {"s4", "#8a6a00"},
                                         {"s5", "#2b83ba"},
                                         {"s6", "#5b5f66"},
                                         {"s7", "#6b4bb0"}}};
  return paints[index % paints.size()];
}

std::string_view series_dash(std::size_t index) {
  constexpr std::array<std::string_view, 8> dashes{"",    "7 3",  "2 2.5", "9 3 2 3",
                                                   "4 3", "12 4", "1.5 4", "7 3 2 3 2 3"};
  return dashes[index % dashes.size()];
}

std::string coordinate(double value) {
  if (!std::isfinite(value)) value = 0;
  std::string digits = fmt::format("{:.1f}", value);
  if (digits.ends_with(".0")) digits.resize(digits.size() - 2);
  return digits == "-0" ? "0" : digits;
}

namespace {

/// A point nearer to the line through its neighbours than this (in pixels) is not seen.
constexpr double corner = 0.15;

/// The colour as an attribute and the class by which dark mode changes it: "fs0" fills, "ss0"
/// strokes.
void paint(Node node, const char* what, Paint paint) {
  set(node, what, paint.colour);
  const std::string name = std::string(1, what[0]) + "-" + std::string(paint.name);
  const std::string_view before = node.attribute("class").value();
  set(node, "class", before.empty() ? name : std::string(before) + " " + name);
}

std::string point_list(const Points& points) {
  std::string out;
  for (const auto& [x, y] : points) {
    if (!out.empty()) out += ' ';
    out += coordinate(x) + "," + coordinate(y);
  }
  return out;
}

/// Of a point from the straight line between two others; from `a` where they are one.
double distance(const std::pair<double, double>& point, const std::pair<double, double>& a,
                const std::pair<double, double>& b) {
  const double dx = b.first - a.first, dy = b.second - a.second, length = std::hypot(dx, dy);
  const double px = point.first - a.first, py = point.second - a.second;
  return length > 0 ? std::abs(px * dy - py * dx) / length : std::hypot(px, py);
}

void keep_corners(const Points& points, std::size_t first, std::size_t last, Points& kept) {
  std::size_t farthest = first;
  double most = corner;
  for (std::size_t i = first + 1; i < last; ++i)
    if (const double off = distance(points[i], points[first], points[last]); off > most) {
      most = off;
      farthest = i;
    }
  if (farthest != first) {
    keep_corners(points, first, farthest, kept);
    keep_corners(points, farthest, last, kept);
  } else {
    kept.push_back(points[last]);
  }
}

void place(Node node, const Box& box) {
  set(node, "x", coordinate(box.x));
  set(node, "y", coordinate(box.y));
  set(node, "width", coordinate(std::max(0.0, box.width)));
  set(node, "height", coordinate(std::max(0.0, box.height)));
}

}  // namespace

Points corners_of(const Points& points) {
  const bool finite = std::all_of(points.begin(), points.end(), [](const auto& point) {
    return std::isfinite(point.first) && std::isfinite(point.second);
  });
  if (points.size() < 3 || !finite) return points;
  Points kept{points.front()};
  keep_corners(points, 0, points.size() - 1, kept);
  return kept;
}

Node group(Node parent) {
  return add(parent, "g");
}

Node rectangle(Node parent, const Box& box, Paint fill) {
  Node node = add(parent, "rect");
  place(node, box);
  paint(node, "fill", fill);
  return node;
}

Node outlined(Node parent, const Box& box, Paint fill, Paint stroke, double radius) {
  Node node = rectangle(parent, box, fill);
  paint(node, "stroke", stroke);
  if (radius > 0) set(node, "rx", coordinate(radius));
  return node;
}

Node line(Node parent, double x1, double y1, double x2, double y2, Paint stroke, double width,
          std::string_view dash) {
  Node node = add(parent, "line");
  set(node, "x1", coordinate(x1));
  set(node, "y1", coordinate(y1));
  set(node, "x2", coordinate(x2));
  set(node, "y2", coordinate(y2));
  paint(node, "stroke", stroke);
  if (width != 1) set(node, "stroke-width", coordinate(width));
  if (!dash.empty()) set(node, "stroke-dasharray", dash);
  return node;
}

void segments(Node parent, const Segments& list, Paint stroke, double width) {
  if (list.empty()) return;
  std::string d;
  for (const auto& [x1, y1, x2, y2] : list) {
    d += fmt::format("M{} {}", coordinate(x1), coordinate(y1));
    if (y1 == y2)
      d += "H" + coordinate(x2);
    else if (x1 == x2)
      d += "V" + coordinate(y2);
    else
      d += fmt::format("L{} {}", coordinate(x2), coordinate(y2));
  }
  Node node = add(parent, "path");
  set(node, "d", d);
  paint(node, "stroke", stroke);
  if (width != 1) set(node, "stroke-width", coordinate(width));
}

Node polyline(Node parent, const Points& points, Paint stroke, double width,
              std::string_view dash) {
  Node node = add(parent, "polyline");
  set(node, "points", point_list(corners_of(points)));
  set(node, "fill", "none");
  paint(node, "stroke", stroke);
  set(node, "stroke-width", coordinate(width));
  set(node, "stroke-linejoin", "round");
  if (!dash.empty()) set(node, "stroke-dasharray", dash);
  return node;
}

Node polylines(Node parent, const std::vector<Points>& runs, Paint stroke, double width,
               std::string_view dash) {
  if (runs.size() == 1) return polyline(parent, runs.front(), stroke, width, dash);
  std::string data;
  for (const Points& run : runs) data += "M" + point_list(corners_of(run));
  Node node = add(parent, "path");
  set(node, "d", data);
  set(node, "fill", "none");
  paint(node, "stroke", stroke);
  set(node, "stroke-width", coordinate(width));
  if (!dash.empty()) set(node, "stroke-dasharray", dash);
  return node;
}

Node polygon(Node parent, const Points& points, Paint fill, double opacity) {
  Node node = add(parent, "polygon");
  set(node, "points", point_list(corners_of(points)));
  paint(node, "fill", fill);
  set(node, "fill-opacity", fmt::format("{:.2f}", opacity));
  return node;
}

Node filled_group(Node parent, Paint fill) {
  Node node = add(parent, "g");
  paint(node, "fill", fill);
  return node;
}

Node marker(Node parent, std::size_t index, double x, double y, double radius) {
  const auto shape = [&](const Points& points) {
    Node node = add(parent, "polygon");
    set(node, "points", point_list(points));
    return node;
  };
  const double r = radius, wide = 1.2 * radius;
  switch (index % 5) {
    case 1: {
      Node node = add(parent, "rect");
      place(node, {x - 0.88 * r, y - 0.88 * r, 1.76 * r, 1.76 * r});
      return node;
    }
    case 2:
      return shape(
          {{x, y - wide}, {x + 1.05 * wide, y + 0.75 * wide}, {x - 1.05 * wide, y + 0.75 * wide}});
    case 3:
      return shape({{x, y - 1.3 * r}, {x + 1.3 * r, y}, {x, y + 1.3 * r}, {x - 1.3 * r, y}});
    case 4:
      return shape(
          {{x, y + wide}, {x + 1.05 * wide, y - 0.75 * wide}, {x - 1.05 * wide, y - 0.75 * wide}});
    default:
      break;
  }
  Node node = add(parent, "circle");
  set(node, "cx", coordinate(x));
  set(node, "cy", coordinate(y));
  set(node, "r", coordinate(radius));
  return node;
}

void dots(Node parent, const std::string& id, std::size_t index, const Points& points,
          double radius, bool outlined) {
  Node definition = add(parent, "marker",
                        {{"id", id}, {"markerUnits", "userSpaceOnUse"}, {"overflow", "visible"}});
  Node shape = filled_group(definition, series_paint(index));
  if (outlined) outline_in_paper(shape);
  marker(shape, index, 0, 0, radius);
  Node node = add(parent, "polyline");
  set(node, "points", point_list(points));
  set(node, "fill", "none");
  const std::string reference = "url(#" + id + ")";
  for (const char* where : {"marker-start", "marker-mid", "marker-end"})
    if (points.size() > 1 || std::string_view(where) == "marker-start") set(node, where, reference);
}

Node outline_in_paper(Node mark) {
  paint(mark, "stroke", paper);
  set(mark, "stroke-width", "0.8");
  return mark;
}

namespace {

void style_text(Node node, const TextStyle& style) {
  paint(node, "fill", style.fill);
  set(node, "font-size", coordinate(style.size));
  if (style.anchor != Anchor::start)
    set(node, "text-anchor", style.anchor == Anchor::end ? "end" : "middle");
  if (style.bold) set(node, "font-weight", "600");
  if (!style.halo) return;
  paint(node, "stroke", paper);
  set(node, "stroke-width", "3");
  set(node, "stroke-linejoin", "round");
  set(node, "paint-order", "stroke");
}

}  // namespace

Node text(Node parent, double x, double y, std::string_view content, const TextStyle& style) {
  Node node = text_in(parent, x, y, content);
  style_text(node, style);
  if (style.rotate != 0)
    set(node, "transform",
        fmt::format("rotate({} {} {})", coordinate(style.rotate), coordinate(x), coordinate(y)));
  return node;
}

Node text_group(Node parent, const TextStyle& style) {
  Node node = add(parent, "g");
  style_text(node, style);
  return node;
}

Node text_in(Node group, double x, double y, std::string_view content) {
  Node node = add(group, "text");
  set(node, "x", coordinate(x));
  set(node, "y", coordinate(y));
  add_text(node, content);
  return node;
}

void tip(Node mark, std::string_view content) {
  add(mark, "title", {}, content);
}

double text_width(std::string_view content, double size) {
  double em = 0;
  for (const char c : content) {
    if ((static_cast<unsigned char>(c) & 0xC0U) == 0x80U) continue;  // Of a multi-byte character.
    if (std::string_view("iljt.,:;|!'()[] ").find(c) != std::string_view::npos)
      em += 0.34;
    else if (std::string_view("mwMW%@").find(c) != std::string_view::npos)
      em += 0.92;
    else if (c >= 'A' && c <= 'Z')
      em += 0.70;
    else
      em += 0.585;
  }
  return em * size;
}

std::string fit(std::string_view content, double size, double width) {
  if (text_width(content, size) <= width) return std::string(content);
  std::string out;
  for (const char c : content) {
    const bool continues = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
    if (!continues && text_width(out, size) + 1.6 * size > width) break;
    out += c;
  }
  return out + "\xE2\x80\xA6";
}

}  // namespace assay::render::svg
