// Coverage on made data with known truth, with fewer trials than the benchmark and limits to match:
// three binomial standard errors beyond the demand.
#include "tests/calibration/coverage.hpp"

#include <gtest/gtest.h>

#include "tests/calibration/coverage_grid.hpp"
#include "tests/sanitized.hpp"

namespace assay::coverage {
namespace {

constexpr int trials = 60;

double slack(double share) {
  return 3 * std::sqrt(share * (1 - share) / trials);
}

class Coverage : public testing::TestWithParam<Case> {};

TEST_P(Coverage, IsWhatIsClaimed) {
  ASSAY_SKIP_UNDER_SANITIZERS();
  const Tally sum = tally(GetParam(), trials);
  RecordProperty("coverage", std::to_string(sum.coverage()));
  switch (GetParam().demand) {
    case Case::Demand::nominal:
      EXPECT_GE(sum.coverage(), 0.93 - slack(0.93));
      EXPECT_LE(sum.coverage(), 0.97 + slack(0.97));
      break;
    case Case::Demand::at_least_90:
      EXPECT_GE(sum.coverage(), 0.90 - slack(0.90));
      break;
    case Case::Demand::never_projected:
      EXPECT_EQ(sum.projected, 0);
      break;
  }
}

std::string test_name(const testing::TestParamInfo<Case>& info) {
  std::string name;
  for (char c : info.param.name) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(MadeData, Coverage, testing::ValuesIn(cases()), test_name);

/// A part of the grid that coverage_benchmark runs in full. Pooled over laws, because few trials
/// say nothing of one cell.
TEST(CoverageGrid, HoldsTheTruthOfEveryLaw) {
  ASSAY_SKIP_UNDER_SANITIZERS();
  constexpr int each = 4;
  GridTally all;
  for (const GridCell& cell : grid_cells()) {
    if (cell.launches != 3 || cell.noise.name != "1 %" || cell.ranks.back() == 32) continue;
    for (std::uint64_t trial = 0; trial < each; ++trial) run_trial(cell, 104729 + trial, all);
  }
  const auto at_least = [](double seen, double wanted, int trials) {
    EXPECT_GE(seen, wanted - 3 * std::sqrt(wanted * (1 - wanted) / trials));
  };
  EXPECT_EQ(all.trials, 3 * 6 * each);
  at_least(share(all.inside_covered, all.inside), 0.93, all.inside);
  at_least(share(all.twice.covered, all.twice.printed), 0.90, all.twice.printed);
  at_least(share(all.four_times.covered, all.four_times.printed), 0.90, all.four_times.printed);
  EXPECT_GE(all.twice.printed, all.trials * 3 / 4) << "honesty is no excuse to say nothing";
  EXPECT_GE(all.twice.projected, each) << "1 to 64 ranks are enough for a point";
}

}  // namespace

/// So that a failure names the case rather than its bytes.
void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name;
}

}  // namespace assay::coverage
