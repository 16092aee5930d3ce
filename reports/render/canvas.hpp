#pragma once
/// @file
/// The <svg> element that a chart is drawn on, and what the kinds of charts share.

#include <cstddef>

#include "reports/render/svg.hpp"

namespace assay::render {

/// An <svg> with a white ground, so that it is readable on any page, and a viewBox, so that it
/// scales.
Node canvas(Node parent, double width, double height);

/// A group whose content ends at `box` (a nested <svg>: needs no id, and no style).
Node clipped_group(Node svg, const svg::Box& box);

[[nodiscard]] std::size_t legend_columns(double width);
[[nodiscard]] std::size_t legend_rows(std::size_t entries, double width);

}  // namespace assay::render
