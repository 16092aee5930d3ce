#pragma once
/// @file
/// SVG primitives with presentation attributes, so that a chart is readable where style sheets and
/// scripts are blocked. Every colour is also a class, by which the style sheet recolours charts in
/// dark mode.
///
/// Colours: Okabe & Ito, "Color Universal Design", 2008, darkened where contrast with white asks
/// for it (3:1 for marks). Each also has a dash and a marker shape: nothing is told by colour
/// alone.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/render/html.hpp"

namespace assay::render::svg {

/// A role in the drawing: its class in the style sheet and its colour on white.
struct Paint {
  std::string_view name;
  std::string_view colour;
};
inline constexpr Paint paper{"paper", "#ffffff"};
inline constexpr Paint ink{"ink", "#1b2127"};
inline constexpr Paint muted{"muted", "#59636e"};
inline constexpr Paint grid{"grid", "#e3e7ec"};
inline constexpr Paint frame{"frame", "#8b949e"};
inline constexpr Paint shade{"shade", "#eef1f4"};
inline constexpr Paint good{"good", "#1a7f37"};
inline constexpr Paint warn{"warn", "#9a6700"};
inline constexpr Paint bad{"bad", "#b42318"};
/// Paints of data series; any index, repeating after eight.
[[nodiscard]] Paint series_paint(std::size_t index);
/// "6 3" and the like; empty for the first series: a solid line.
[[nodiscard]] std::string_view series_dash(std::size_t index);

struct Box {
  double x, y, width, height;
  [[nodiscard]] double right() const { return x + width; }
  [[nodiscard]] double bottom() const { return y + height; }
};

/// Coordinates with one decimal: a tenth of a pixel.
[[nodiscard]] std::string coordinate(double value);

Node group(Node parent);
Node rectangle(Node parent, const Box& box, Paint fill);
/// A rectangle with a border.
Node outlined(Node parent, const Box& box, Paint fill, Paint stroke, double radius = 0);
Node line(Node parent, double x1, double y1, double x2, double y2, Paint stroke, double width = 1,
          std::string_view dash = {});

struct Segment {
  double x1, y1, x2, y2;
};
using Segments = std::vector<Segment>;
/// Many lines as one element: an axis has a dozen. Nothing when there are none.
void segments(Node parent, const Segments& list, Paint stroke, double width = 1);

using Points = std::vector<std::pair<double, double>>;
/// The points that are needed to draw the line through all of them: the others lie on it, to a
/// seventh of a pixel (Douglas and Peucker, 1973). First and last stay.
[[nodiscard]] Points corners_of(const Points& points);
Node polyline(Node parent, const Points& points, Paint stroke, double width,
              std::string_view dash = {});
/// Several lines of one look as one element.
Node polylines(Node parent, const std::vector<Points>& runs, Paint stroke, double width,
               std::string_view dash = {});
/// Filled, half transparent.
Node polygon(Node parent, const Points& points, Paint fill, double opacity);
/// A group whose children are filled with that paint: one attribute instead of one for each of many
/// marks.
Node filled_group(Node parent, Paint fill);
/// The marker of series `index`, without a colour of its own: circle, square, triangle and so on;
/// `radius` in pixels.
Node marker(Node parent, std::size_t index, double x, double y, double radius);

/// The same marker at every point: hundreds of them in one element, defined once under `id`, which
/// is unique in the page.
void dots(Node parent, const std::string& id, std::size_t index, const Points& points,
          double radius, bool outlined);

/// A thin white edge, so that marks that overlap stay apart.
Node outline_in_paper(Node mark);

enum class Anchor { start, middle, end };
struct TextStyle {
  Paint fill = ink;
  double size = 12;
  Anchor anchor = Anchor::start;
  bool bold = false;
  double rotate = 0;  ///< Degrees, about (x, y).
  bool halo = false;  ///< An edge in the paper's colour, where lines may run behind.
};
Node text(Node parent, double x, double y, std::string_view content, const TextStyle& style = {});
/// Many texts of one style: its attributes once, on a group, instead of on each of them.
Node text_group(Node parent, const TextStyle& style);
Node text_in(Node group, double x, double y, std::string_view content);
/// A tooltip that needs no script, and a name for screen readers.
void tip(Node mark, std::string_view content);

/// Estimated width in pixels, on the safe side for the usual sans-serif faces.
[[nodiscard]] double text_width(std::string_view content, double size);
/// Cut to that width, with an ellipsis.
[[nodiscard]] std::string fit(std::string_view content, double size, double width);

}  // namespace assay::render::svg
