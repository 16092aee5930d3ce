#include "reports/render/machine_drawing.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "reports/render/canvas.hpp"

namespace assay::render {

namespace {

constexpr double drawing_width = 520, pad = 10, tile_height = 24, tile_gap = 5, head_height = 20;
/// More tiles than this in one domain are drawn as a few and a count.
constexpr std::size_t most_tiles = 32;

struct Tiles {
  std::size_t columns, rows, shown;
};

Tiles tiles_of(const CacheDomain& domain, double available) {
  const std::size_t shown = std::min(domain.cores.size(), most_tiles);
  const auto fitting = static_cast<std::size_t>((available + tile_gap) / (52 + tile_gap));
  const std::size_t columns = std::clamp<std::size_t>(fitting, 1, 8);
  return {columns, (shown + columns - 1) / columns, shown};
}

double height_of(const CacheDomain& domain, double available) {
  const Tiles tiles = tiles_of(domain, available - 2 * pad);
  const double label = domain.label.empty() ? 4 : head_height;
  const double more = domain.cores.size() > tiles.shown ? 16 : 0;
  return label + static_cast<double>(tiles.rows) * (tile_height + tile_gap) + more + pad;
}

void draw_domain(Node svg, const CacheDomain& domain, const svg::Box& box) {
  svg::outlined(svg, box, svg::paper, svg::series_paint(0), 4);
  if (!domain.label.empty())
    svg::text(svg, box.x + pad, box.y + 15, svg::fit(domain.label, 11.5, box.width - 2 * pad),
              {.fill = svg::series_paint(0), .size = 11.5, .bold = true});
  const Tiles tiles = tiles_of(domain, box.width - 2 * pad);
  const double top = box.y + (domain.label.empty() ? pad - 2 : head_height + 2);
  const double tile_width =
      (box.width - 2 * pad + tile_gap) / static_cast<double>(tiles.columns) - tile_gap;
  for (std::size_t i = 0; i < tiles.shown; ++i) {
    const std::size_t row = i / tiles.columns, column = i % tiles.columns;
    const double x = box.x + pad + static_cast<double>(column) * (tile_width + tile_gap);
    const double y = top + static_cast<double>(row) * (tile_height + tile_gap);
    svg::outlined(svg, {x, y, tile_width, tile_height}, svg::shade, svg::frame, 3);
    svg::text(svg, x + tile_width / 2, y + 16, svg::fit(domain.cores[i], 11, tile_width - 4),
              {.size = 11, .anchor = svg::Anchor::middle});
  }
  if (domain.cores.size() > tiles.shown)
    svg::text(svg, box.x + pad, box.bottom() - 8,
              fmt::format("and {} more cores", domain.cores.size() - tiles.shown),
              {.fill = svg::muted, .size = 11});
}

/// Domains that do not fit beside or below each other are counted.
constexpr std::size_t most_domains = 8;

double height_of(const MemoryDomain& memory, double available) {
  double height = head_height + pad;
  const std::size_t shown = std::min(memory.caches.size(), most_domains);
  for (std::size_t i = 0; i < shown; ++i)
    height += height_of(memory.caches[i], available - 2 * pad) + tile_gap;
  return height + (memory.caches.size() > shown ? 16 : 0);
}

void draw_memory(Node svg, const MemoryDomain& memory, const svg::Box& box) {
  svg::outlined(svg, box, svg::shade, svg::frame, 5);
  svg::text(svg, box.x + pad, box.y + 16, svg::fit(memory.label, 12, box.width - 2 * pad),
            {.bold = true});
  double y = box.y + head_height + 4;
  const std::size_t shown = std::min(memory.caches.size(), most_domains);
  for (std::size_t i = 0; i < shown; ++i) {
    const double height = height_of(memory.caches[i], box.width - 2 * pad);
    draw_domain(svg, memory.caches[i], {box.x + pad, y, box.width - 2 * pad, height});
    y += height + tile_gap;
  }
  if (memory.caches.size() > shown)
    svg::text(svg, box.x + pad, box.bottom() - 8,
              fmt::format("and {} more shared caches", memory.caches.size() - shown),
              {.fill = svg::muted, .size = 11});
}

}  // namespace

Node draw(Node parent, const MachineSketch& sketch) {
  const std::size_t shown = std::min(sketch.memory.size(), most_domains);
  const bool paired = shown > 1;
  const double column = paired ? (drawing_width - 3 * pad) / 2 : drawing_width - 2 * pad;
  double height = 48;
  std::vector<double> tops(shown);
  for (std::size_t i = 0; i < shown; i += paired ? 2 : 1) {
    double row = height_of(sketch.memory[i], column);
    if (paired && i + 1 < shown) row = std::max(row, height_of(sketch.memory[i + 1], column));
    tops[i] = height;
    if (paired && i + 1 < shown) tops[i + 1] = height;
    height += row + tile_gap;
  }
  if (sketch.memory.size() > shown) height += 18;
  const double network_top = height + 14;
  const std::size_t networks = std::min<std::size_t>(sketch.networks.size(), 6);
  const std::size_t network_rows = (networks + 2) / 3;
  if (networks > 0) height = network_top + 30 * static_cast<double>(network_rows) + 6;

  Node svg = canvas(parent, drawing_width, height);
  svg::text(svg, pad, 16, svg::fit(sketch.title, 12.5, drawing_width - 2 * pad),
            {.size = 12.5, .bold = true});
  svg::text(svg, pad, 34, svg::fit(sketch.core_caption, 11.5, drawing_width - 2 * pad),
            {.fill = svg::muted, .size = 11.5});
  for (std::size_t i = 0; i < shown; ++i) {
    double row = height_of(sketch.memory[i], column);
    const std::size_t other = i % 2 == 0 ? i + 1 : i - 1;
    if (paired && other < shown) row = std::max(row, height_of(sketch.memory[other], column));
    const double x = paired && i % 2 == 1 ? 2 * pad + column : pad;
    draw_memory(svg, sketch.memory[i], {x, tops[i], column, row});
  }
  if (sketch.memory.size() > shown)
    svg::text(svg, pad, network_top - 16,
              fmt::format("and {} more memory nodes", sketch.memory.size() - shown),
              {.fill = svg::muted, .size = 11});
  for (std::size_t i = 0; i < networks; ++i) {
    const double w = (drawing_width - 4 * pad) / 3;
    const std::size_t line = i / 3, place = i % 3;
    const svg::Box box{pad + static_cast<double>(place) * (w + pad),
                       network_top + 30 * static_cast<double>(line), w, 24};
    if (i < 3)
      svg::line(svg, box.x + w / 2, network_top - 14, box.x + w / 2, network_top,
                svg::series_paint(1), 1.5);
    svg::outlined(svg, box, svg::paper, svg::series_paint(1), 3);
    svg::text(svg, box.x + w / 2, box.y + 16, svg::fit(sketch.networks[i], 11, w - 8),
              {.size = 11, .anchor = svg::Anchor::middle});
  }
  return svg;
}

}  // namespace assay::render
