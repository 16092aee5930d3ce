// Coverage on made data with known truth, with fewer trials than the benchmark and limits to match:
// three binomial standard errors beyond the demand.
#include "tests/calibration/coverage.hpp"

#include <gtest/gtest.h>

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

}  // namespace

/// So that a failure names the case rather than its bytes.
void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name;
}

}  // namespace assay::coverage
