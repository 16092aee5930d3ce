// Noise-free data must give the truth back to rounding; noisy data an interval that is right about
// it.
#include "reports/models/laws/scaling_law.hpp"

#include <gtest/gtest.h>

#include "probes/core/errors.hpp"
#include "probes/run/run_directory.hpp"
#include "reports/models/laws/amdahl.hpp"
#include "reports/models/laws/gustafson.hpp"
#include "reports/models/laws/model_selection.hpp"
#include "reports/models/laws/nnls.hpp"
#include "reports/models/laws/tax.hpp"
#include "reports/models/laws/usl.hpp"
#include "reports/models/laws/work_depth.hpp"
#include "tests/unit/models/made_data.hpp"

namespace assay::models {
namespace {

double amdahl(double n) {
  return 0.05 + 0.95 / n;
}
double usl(double n) {
  return (1 + 0.03 * (n - 1) + 0.0005 * n * (n - 1)) / (2 * n);
}

TEST(NonNegativeLeastSquares, MatchesUnconstrainedWhereThatIsFeasible) {
  Eigen::MatrixXd design(3, 2);
  design << 1, 0, 0, 1, 1, 1;
  const Eigen::VectorXd solved = NonNegativeLeastSquares(design).solve(Eigen::Vector3d(1, 2, 3));
  EXPECT_NEAR(solved(0), 1, 1e-12);
  EXPECT_NEAR(solved(1), 2, 1e-12);
}

TEST(NonNegativeLeastSquares, PutsANegativeCoefficientToZeroAndRefitsTheRest) {
  Eigen::MatrixXd design(3, 2);
  design << 1, 0, 1, 1, 1, 2;
  // The free fit falls by 1 per step; the best without a slope is the mean.
  const Eigen::VectorXd solved = NonNegativeLeastSquares(design).solve(Eigen::Vector3d(3, 2, 1));
  EXPECT_NEAR(solved(0), 2, 1e-12);
  EXPECT_EQ(solved(1), 0);
}

TEST(NonNegativeLeastSquares, SolvingOnceGivesTheSame) {
  std::mt19937_64 engine(1);
  std::normal_distribution<double> normal;
  for (int trial = 0; trial < 200; ++trial) {
    Eigen::MatrixXd design(7, 4);
    Eigen::VectorXd target(7);
    for (int i = 0; i < 7; ++i) {
      target(i) = normal(engine);
      for (int j = 0; j < 4; ++j) design(i, j) = normal(engine);
    }
    const Eigen::VectorXd one = NonNegativeLeastSquares(design).solve(target);
    EXPECT_LT((solve_once(design, target) - one).norm(), 1e-10) << one.transpose();
  }
}

TEST(Amdahl, RecoversTheSerialFractionWithoutNoise) {
  const auto fit = fit_amdahl(make_series({.truth = amdahl, .noise = 1e-9}, 1));
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->serial_fraction.value, 0.05, 1e-8);
  EXPECT_NEAR(fit->speedup_limit.value, 20, 1e-5);
  EXPECT_TRUE(fit->limit_stated);
  EXPECT_NEAR(fit->at(128).time.value, amdahl(128), 1e-8);
  EXPECT_NEAR(fit->at(8).speedup.value, 1 / (0.05 + 0.95 / 8), 1e-6);
}

TEST(Amdahl, StatesNoLimitWhereOverheadGrows) {
  const auto fit =
      fit_amdahl(make_series({.truth = [](double n) { return 0.02 + 0.98 / n + 0.002 * n; }}, 1));
  ASSERT_TRUE(fit);
  EXPECT_TRUE(fit->karp_flatt.overhead_grows);
  EXPECT_GT(fit->karp_flatt.slope.low, 0);
  EXPECT_FALSE(fit->limit_stated);
  EXPECT_FALSE(work_and_depth(*fit));
}

TEST(KarpFlatt, RarelySeesGrowthWhereThereIsNone) {
  int alarms = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed)
    alarms += karp_flatt(make_series({.truth = amdahl}, seed))->overhead_grows ? 1 : 0;
  EXPECT_LE(alarms, 400 * 5 / 100);  // 2.5 % by design
}

TEST(WorkDepth, EveryPointLiesBelowBrentsBound) {
  const auto fit = fit_amdahl(make_series({.truth = amdahl, .noise = 1e-9}, 1));
  const auto found = work_and_depth(*fit);
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->work.value, 1, 1e-7);
  EXPECT_NEAR(found->depth.value, 0.05, 1e-7);
  EXPECT_NEAR(found->parallelism.value, 20, 1e-4);
  for (double n : {1, 2, 8, 64}) EXPECT_GE(found->brent_bound(n), amdahl(n));
}

TEST(Gustafson, RecoversTheScaledSerialFraction) {
  const auto truth = [](double n) { return n / (n - 0.1 * (n - 1)); };
  const auto fit =
      fit_gustafson(make_series({.truth = truth, .noise = 1e-9, .scaling = Scaling::weak}, 1));
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->serial_fraction.value, 0.1, 1e-7);
  EXPECT_NEAR(fit->fit.at(16).speedup.value, 16 - 0.1 * 15, 1e-5);
}

TEST(Usl, RecoversContentionAndCoherency) {
  const auto fit = fit_usl(make_series({.truth = usl, .noise = 1e-9}, 1));
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->gamma.value, 2, 1e-6);
  EXPECT_NEAR(fit->sigma.value, 0.03, 1e-6);
  EXPECT_NEAR(fit->kappa.value, 0.0005, 1e-7);
  EXPECT_NEAR(fit->peak_ranks.value, std::sqrt(0.97 / 0.0005), 0.01);
}

TEST(Usl, WithoutRepeatsHasTheResidualsDegreesOfFreedom) {
  const auto fit = fit_usl(make_series({.truth = usl, .launches = 1}, 1));
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->fit.degrees_of_freedom, 7 - 3);
  const auto repeated = fit_usl(make_series({.truth = usl, .launches = 3}, 1));
  EXPECT_EQ(repeated->fit.degrees_of_freedom, 7 * 2);
}

TEST(Usl, IntervalWidensWithDistance) {
  const auto fit = fit_usl(make_series({.truth = usl}, 1));
  const auto width = [&](double n) {
    const Prediction at = fit->fit.at(n);
    return (at.time.high - at.time.low) / at.time.value;
  };
  EXPECT_GT(width(256), width(64));
  EXPECT_GT(width(1024), width(256));
}

TEST(Tax, LinearFormIsAmdahlsLaw) {
  const ScalingSeries series = make_series({.truth = amdahl}, 3);
  EXPECT_DOUBLE_EQ(fit_tax(series, TaxForm::linear)->c.value,
                   fit_amdahl(series)->serial_fraction.value);
}

TEST(Tax, Log2FormIsRecovered) {
  const auto truth = [](double n) { return (1 + 0.07 * std::log2(n)) / n; };
  EXPECT_NEAR(fit_tax(make_series({.truth = truth, .noise = 1e-9}, 1), TaxForm::log2)->c.value,
              0.07, 1e-7);
}

TEST(LackOfFit, IsSeenAndWidensTheInterval) {
  const ScalingSeries series =
      make_series({.truth = [](double n) { return amdahl(n) * (n >= 16 ? 1.5 : 1); }}, 1);
  const auto fit = fit_law(amdahl_law(), series);
  ASSERT_TRUE(fit);
  EXPECT_TRUE(fit->lack_of_fit);
  EXPECT_GT(fit->deviation, 0.1);  // of launches: 0.02
}

TEST(BadInput, OneRankCountSaysWhatIsMissingAndWhatIsKnown) {
  const auto fit = fit_amdahl(make_series({.truth = amdahl, .ranks = {4}}, 1));
  ASSERT_FALSE(fit);
  EXPECT_EQ(fit.status(), Status::unsupported);
  EXPECT_NE(fit.reason().find("1 rank count measured, at least 2 needed"), std::string::npos);
  EXPECT_NE(fit.reason().find("what can still be said"), std::string::npos);
}

TEST(BadInput, EqualTimesAreNotFitted) {
  const auto fit = fit_amdahl(make_series({.truth = [](double) { return 1.0; }, .noise = 0}, 1));
  ASSERT_FALSE(fit);
  EXPECT_NE(fit.reason().find("exactly"), std::string::npos);
}

TEST(BadInput, ImpossibleTimesThrow) {
  for (double wrong : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    ScalingSeries series = make_series({.truth = amdahl}, 1);
    series.points[1].times[0] = wrong;
    EXPECT_THROW((void)fit_amdahl(series), InputError) << wrong;
    EXPECT_THROW((void)select_model(series), InputError) << wrong;
  }
}

TEST(Scaling, WeakAndStrongAreNotMixedUp) {
  EXPECT_FALSE(fit_amdahl(make_series({.truth = amdahl, .scaling = Scaling::weak}, 1)));
  EXPECT_FALSE(fit_gustafson(make_series({.truth = amdahl}, 1)));
}

}  // namespace
}  // namespace assay::models
