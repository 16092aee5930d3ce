#include "reports/render/canvas.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::render {

Node canvas(Node parent, double width, double height) {
  Node svg = add(parent, "svg", {{"xmlns", "http://www.w3.org/2000/svg"}, {"role", "img"}});
  set(svg, "viewBox", fmt::format("0 0 {} {}", svg::coordinate(width), svg::coordinate(height)));
  set(svg, "width", svg::coordinate(width));
  set(svg, "height", svg::coordinate(height));
  set(svg, "font-family", "system-ui, sans-serif");
  svg::rectangle(svg, {0, 0, width, height}, svg::paper);
  return svg;
}

Node clipped_group(Node svg, const svg::Box& box) {
  // Half a marker of air on all sides: a dot on the edge is drawn whole.
  constexpr double air = 6;
  Node inner = add(svg, "svg", {{"overflow", "hidden"}});
  const svg::Box out{box.x - air, box.y - air, box.width + 2 * air, box.height + 2 * air};
  set(inner, "x", svg::coordinate(out.x));
  set(inner, "y", svg::coordinate(out.y));
  set(inner, "width", svg::coordinate(out.width));
  set(inner, "height", svg::coordinate(out.height));
  set(inner, "viewBox",
      fmt::format("{} {} {} {}", svg::coordinate(out.x), svg::coordinate(out.y),
                  svg::coordinate(out.width), svg::coordinate(out.height)));
  return inner;
}

std::size_t legend_columns(double width) {
  return std::max<std::size_t>(1, static_cast<std::size_t>(width / 240));
}

std::size_t legend_rows(std::size_t entries, double width) {
  const std::size_t columns = legend_columns(width);
  return (entries + columns - 1) / columns;
}

}  // namespace assay::render
