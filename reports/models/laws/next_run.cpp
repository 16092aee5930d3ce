#include "reports/models/laws/next_run.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

namespace assay::models {

namespace {

constexpr int launches_per_run = 5;
constexpr double worthwhile = 0.25;

/// Rows of the best law, relative to its own time: what one launch there tells.
Eigen::VectorXd relative_row(const LawFit& fit, double ranks) {
  const BasisRow row = fit.law.basis(ranks);
  const double time = fit.time(ranks);
  const double value = fit.law.of_rate ? 1 / time : time;
  return Eigen::Map<const Eigen::VectorXd>(row.terms.data(),
                                           static_cast<Eigen::Index>(row.terms.size())) /
         value;
}

/// Half-width at `target`, up to a factor, with the information given.
double half_width(const Eigen::MatrixXd& information, const Eigen::VectorXd& target) {
  return std::sqrt(target.dot(information.ldlt().solve(target)));
}

NextRun at_once(const LawFit& fit, double ranks, std::string reason) {
  return {.ranks = ranks,
          .launches = launches_per_run,
          .rank_seconds = launches_per_run * ranks * fit.time(ranks),
          .narrower = absent,
          .reason = std::move(reason)};
}

}  // namespace

NextRun next_run(const Contest& contest, double target) {
  const LawFit& fit = contest.contenders.front().fit;
  const double largest = contest.series.reach.largest;
  if (const Tier* tier = contest.series.reach.first_unmeasured(target)) {
    const double ranks = std::min(target, 2.0 * static_cast<double>(tier->ranks));
    return at_once(fit, ranks,
                   fmt::format("crosses the {} border at {} ranks, which nothing measured did",
                               tier->name, tier->ranks));
  }
  if (largest < target / 4)
    return at_once(fit, std::ceil(target / 4),
                   fmt::format("{} ranks are less than a quarter of {}", largest, target));
  const Eigen::VectorXd wanted = relative_row(fit, target);
  Eigen::MatrixXd information = 1e-12 * Eigen::MatrixXd::Identity(wanted.size(), wanted.size());
  std::vector<double> candidates;
  for (const ScalingPoint& point : contest.series.points) {
    const Eigen::VectorXd row = relative_row(fit, point.ranks);
    information += static_cast<double>(point.times.size()) * row * row.transpose();
    candidates.push_back(point.ranks);
  }
  if (target > largest) candidates.push_back(std::min(2 * largest, target));
  const double before = half_width(information, wanted);
  NextRun best;
  for (double ranks : candidates) {
    const Eigen::VectorXd row = relative_row(fit, ranks);
    const double after = half_width(information + launches_per_run * row * row.transpose(), wanted);
    NextRun run{.ranks = ranks,
                .launches = launches_per_run,
                .rank_seconds = launches_per_run * ranks * fit.time(ranks),
                .narrower = 1 - after / before};
    const bool good = run.narrower >= worthwhile, best_good = best.narrower >= worthwhile;
    const bool prefer =
        good && best_good ? run.rank_seconds < best.rank_seconds : run.narrower > best.narrower;
    if (best.ranks == 0 || prefer) best = run;
  }
  best.reason =
      fmt::format("takes {:.0f} % off the interval at {} ranks", 100 * best.narrower, target);
  return best;
}

}  // namespace assay::models
