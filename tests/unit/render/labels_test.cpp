#include "reports/render/labels.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace assay::render {
namespace {

TEST(Labels, StayWhereTheyWantWhenThereIsRoom) {
  EXPECT_EQ(spread({10, 50, 90}, 15, 0, 100), (std::vector<double>{10, 50, 90}));
}

TEST(Labels, MoveApartAsLittleAsPossible) {
  const std::vector<double> placed = spread({50, 50}, 10, 0, 100);
  EXPECT_DOUBLE_EQ(std::abs(placed[0] - placed[1]), 10);
  EXPECT_DOUBLE_EQ((placed[0] + placed[1]) / 2, 50);
}

TEST(Labels, KeepOrderSpacingAndBounds) {
  const std::vector<double> wanted{99, 1, 98, 97, 2};
  const std::vector<double> placed = spread(wanted, 12, 0, 100);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_GE(placed[i], -1e-9);
    EXPECT_LE(placed[i], 100 + 1e-9);
    for (std::size_t j = 0; j < wanted.size(); ++j) {
      if (wanted[i] < wanted[j]) {
        EXPECT_LE(placed[i] + 12 - 1e-9, placed[j]);
      }
    }
  }
}

TEST(Labels, ShrinkTheSpacingWhenTheyCannotFit) {
  const std::vector<double> placed = spread({5, 5, 5}, 100, 0, 10);
  EXPECT_DOUBLE_EQ(placed[0], 0);
  EXPECT_DOUBLE_EQ(placed[1], 5);
  EXPECT_DOUBLE_EQ(placed[2], 10);
}

}  // namespace
}  // namespace assay::render
