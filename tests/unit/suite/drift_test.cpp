#include "benchmarks/suite/drift.hpp"

#include <gtest/gtest.h>

namespace assay::suite {
namespace {

using Verdict = ValidityCheck::Verdict;

Record launch(int ranks, int number, double seconds) {
  Record row;
  row.probe = "workload.synthetic";
  row.metric = "step_time";
  row.unit = "s";
  row.ranks = ranks;
  row.scaling = "strong";
  row.launch = std::to_string(number);
  return with_samples(row, {seconds});
}

constexpr int repeated = 2;
const DriftQuestion question{.probe = "workload.synthetic",
                             .scaling = "strong",
                             .ranks = repeated,
                             .first_launch = 1,
                             .last_launch = 4};

/// A study whose launches scatter by about 1 %, and whose repeated point ends at `last`.
std::vector<Record> study(double last) {
  return {launch(1, 1, 2.00), launch(1, 2, 2.03),        launch(1, 3, 1.98), launch(repeated, 1, 1),
          launch(2, 2, 1.01), launch(repeated, 3, 0.99), launch(2, 4, last)};
}

TEST(Drift, LaunchesThatScatterAsAlwaysPass) {
  const auto checks = drift_checks(study(1.02), question);
  ASSERT_EQ(checks.size(), 1u);
  EXPECT_EQ(checks[0].verdict, Verdict::passed) << checks[0].finding;
  EXPECT_TRUE(checks[0].advice.empty());
}

TEST(Drift, ARepeatFarFromItsFirstLaunchIsAWarningWithTheNumber) {
  const auto checks = drift_checks(study(1.4), question);
  ASSERT_EQ(checks.size(), 1u);
  EXPECT_EQ(checks[0].verdict, Verdict::warning);
  EXPECT_NE(checks[0].finding.find("+40.0 %"), std::string::npos) << checks[0].finding;
}

TEST(Drift, ASeriesIsNamedByWhatItHas) {
  auto rows = study(1.02);
  EXPECT_EQ(drift_checks(rows, question).at(0).finding.find("workload.synthetic strong at 2 ranks"),
            0u);
  for (Record& row : rows) {
    row.provider = "shm";
    row.bytes = 1 << 16;
    row.threads = 1;
  }
  EXPECT_EQ(drift_checks(rows, question)
                .at(0)
                .finding.find("workload.synthetic strong (shm 64 KiB 1 thread) at 2 ranks"),
            0u);
}

TEST(Drift, WithoutTheRepeatNothingIsKnown) {
  auto rows = study(1);
  rows.pop_back();
  EXPECT_EQ(drift_checks(rows, question).at(0).verdict, Verdict::unknown);
  EXPECT_TRUE(drift_checks({}, question).empty());
}

}  // namespace
}  // namespace assay::suite
