#include "probes/core/ordered_work.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>
#include <string>

namespace assay {
namespace {

TEST(OrderedWork, ProductsAreTakenInTheOrderOfTheParts) {
  std::vector<std::size_t> taken;
  make_in_parallel<std::vector<std::size_t>>(
      500,
      [](std::size_t part, std::vector<std::size_t>& product) {
        product.assign(part % 7 == 0 ? 5000 : 1, part);  // Some take longer than others.
      },
      [&](std::size_t, const std::vector<std::size_t>& product) {
        taken.push_back(product.back());
      });
  std::vector<std::size_t> expected(500);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(taken, expected);
}

TEST(OrderedWork, TheFirstFaultIsThrownAndNothingBehindItIsTaken) {
  std::size_t taken = 0;
  const auto run = [&] {
    make_in_parallel<int>(
        100,
        [](std::size_t part, int&) {
          if (part >= 40) throw std::runtime_error("part " + std::to_string(part));
        },
        [&](std::size_t, int) { ++taken; });
  };
  try {
    run();
    FAIL() << "no fault";
  } catch (const std::runtime_error& fault) {
    EXPECT_STREQ(fault.what(), "part 40");
  }
  EXPECT_EQ(taken, 40u);
}

TEST(OrderedWork, NoPartIsNoWork) {
  make_in_parallel<int>(
      0, [](std::size_t, int&) { FAIL(); }, [](std::size_t, int) { FAIL(); });
}

}  // namespace
}  // namespace assay
