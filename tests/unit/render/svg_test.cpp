#include "reports/render/svg.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::render::svg {
namespace {

TEST(Corners, OfAStraightLineAreItsEnds) {
  Points line;
  for (int i = 0; i <= 100; ++i) line.emplace_back(i, 3.0 * i + 1);
  EXPECT_EQ(corners_of(line), (Points{{0, 1}, {100, 301}}));
}

TEST(Corners, OfABentLineIncludeTheBend) {
  const Points bent{{0, 0}, {5, 0}, {10, 0}, {10, 5}, {10, 10}};
  EXPECT_EQ(corners_of(bent), (Points{{0, 0}, {10, 0}, {10, 10}}));
}

TEST(Corners, LeaveACurveWhereItIs) {
  Points curve;
  for (int i = 0; i <= 500; ++i) curve.emplace_back(i, 100 * std::sin(i / 40.0));
  const Points corners = corners_of(curve);
  EXPECT_LT(corners.size(), 120U);
  // Between two corners the line through them passes every point that was left out.
  for (const auto& [x, y] : curve) {
    const auto after = std::lower_bound(corners.begin() + 1, corners.end() - 1, std::pair(x, -1e9));
    const auto& [x0, y0] = *(after - 1);
    const auto& [x1, y1] = *after;
    EXPECT_NEAR(y, y0 + (y1 - y0) * (x - x0) / (x1 - x0), 0.5);
  }
}

TEST(Corners, KeepAClosedShapeAndWhatHasNoPlace) {
  // First and last in one place: what is farthest from it is a corner.
  EXPECT_EQ(corners_of({{0, 0}, {9, 0}, {9, 9}, {0, 0}}).size(), 4U);
  const double nowhere = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(corners_of({{0, 0}, {1, nowhere}, {2, 0}}).size(), 3U);
}

TEST(Dots, AreDefinedOnceAndPlacedAtEveryPoint) {
  pugi::xml_document document;
  dots(document.append_child("svg"), "here-m0", 1, {{1, 2}, {3, 4}}, 3, false);
  const pugi::xml_node root = document.first_child();
  EXPECT_STREQ(root.child("marker").attribute("id").value(), "here-m0");
  EXPECT_TRUE(root.child("marker").child("g").child("rect"));
  EXPECT_STREQ(root.child("polyline").attribute("points").value(), "1,2 3,4");
  EXPECT_STREQ(root.child("polyline").attribute("marker-mid").value(), "url(#here-m0)");
}

}  // namespace
}  // namespace assay::render::svg
