#include "reports/models/laws/scaling_law.hpp"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <boost/math/distributions/fisher_f.hpp>
#include <cmath>
#include <random>

#include "reports/models/laws/launch_noise.hpp"
#include "reports/models/laws/nnls.hpp"

namespace assay::models {

namespace {

constexpr double lack_of_fit_level = 0.99;
/// Of the launches' own deviation, where the residuals are what counts: one spare point alone would
/// say next to nothing (Student's t of one degree).
constexpr double prior_degrees = 2;
/// A draw further out than this (in ln T) says only that nothing is known; keeps exp() finite.
constexpr double largest_log_noise = 5;

/// The series as the least-squares problem sees it.
struct Observations {
  Eigen::VectorXd ranks, repeats,
      values;                   ///< Values: typical times, or rates for laws of the rate.
  double pooled_deviation = 0;  ///< Of ln T between launches of one rank count.
  double repeats_degrees = 0;
};

Observations observe(const Law& law, const std::vector<ScalingPoint>& points) {
  const auto count = static_cast<Eigen::Index>(points.size());
  const LaunchNoise noise = launch_noise(points);
  Observations seen{Eigen::VectorXd(count), Eigen::VectorXd(count), Eigen::VectorXd(count)};
  double floor = 0;
  for (Eigen::Index i = 0; i < count; ++i) {
    const CountNoise& launches = noise.counts[static_cast<std::size_t>(i)];
    const double typical = std::exp(launches.log_mean);
    seen.ranks(i) = points[static_cast<std::size_t>(i)].ranks;
    seen.repeats(i) = launches.launches;
    seen.values(i) = law.of_rate ? 1 / typical : typical;
    floor = std::max(floor, launches.floor);
  }
  seen.repeats_degrees = noise.degrees;
  if (noise.degrees > 0) seen.pooled_deviation = std::max(noise.deviation, floor);
  return seen;
}

std::vector<BasisRow> basis_rows(const Law& law, const Observations& seen) {
  std::vector<BasisRow> rows;
  for (double ranks : seen.ranks) rows.push_back(law.basis(ranks));
  return rows;
}

/// Rows of the basis, each divided by its expected value: least squares of the relative error.
Eigen::MatrixXd weighted_design(const std::vector<BasisRow>& rows, const Eigen::VectorXd& weights,
                                double startup, double transfer) {
  Eigen::MatrixXd design(weights.size(), static_cast<Eigen::Index>(rows.front().terms.size()));
  for (Eigen::Index i = 0; i < design.rows(); ++i) {
    const BasisRow& row = rows[static_cast<std::size_t>(i)];
    for (Eigen::Index j = 0; j < design.cols(); ++j)
      design(i, j) = row.terms[static_cast<std::size_t>(j)] * weights(i);
    if (row.communication >= 0)
      design(i, row.communication) = (startup * row.startup + transfer * row.transfer) * weights(i);
  }
  return design;
}

struct PointFit {
  Eigen::VectorXd parameters, fitted, weights;
};

/// Weights come from the fitted values, so that a low outlier does not pull by its own smallness.
PointFit solve_points(const std::vector<BasisRow>& rows, const Observations& seen) {
  PointFit fit;
  fit.fitted = seen.values;
  for (int pass = 0; pass < 3; ++pass) {
    fit.weights = seen.repeats.cwiseSqrt().cwiseQuotient(fit.fitted);
    const Eigen::MatrixXd design = weighted_design(rows, fit.weights, 1, 1);
    fit.parameters = NonNegativeLeastSquares(design).solve(seen.values.cwiseProduct(fit.weights));
    const Eigen::VectorXd fitted = (design * fit.parameters).cwiseQuotient(fit.weights);
    if (!(fitted.minCoeff() > 0)) break;  // a law that explains nothing: keep the measured weights
    fit.fitted = fitted;
  }
  return fit;
}

/// Chooses between the deviation of launches and that of the residuals, as the header says.
void set_deviation(LawFit& fit, const Observations& seen, const PointFit& points) {
  const double parameters = static_cast<double>((points.parameters.array() > 0).count());
  const double spare = static_cast<double>(seen.ranks.size()) - parameters;
  const Eigen::ArrayXd logs = (seen.values.array() / points.fitted.array()).log();
  const double squares = (logs.square() * seen.repeats.array()).sum();
  fit.residual = std::sqrt(logs.square().mean());
  fit.deviation = seen.pooled_deviation;
  fit.degrees_of_freedom = seen.repeats_degrees;
  if (spare > 0 && seen.repeats_degrees > 0) {
    const double pure = std::pow(seen.pooled_deviation, 2);
    const boost::math::fisher_f critical(spare, seen.repeats_degrees);
    fit.lack_of_fit = squares / spare > pure * boost::math::quantile(critical, lack_of_fit_level);
  }
  if (spare > 0 && fit.lack_of_fit) {
    fit.degrees_of_freedom = spare + prior_degrees;
    fit.deviation = std::sqrt((squares + prior_degrees * std::pow(seen.pooled_deviation, 2)) /
                              fit.degrees_of_freedom);
  } else if (spare > 0 && seen.repeats_degrees == 0) {
    fit.deviation = std::sqrt(squares / spare);
    fit.degrees_of_freedom = spare;
  } else if (seen.repeats_degrees == 0) {
    fit.deviation = absent;
    fit.degrees_of_freedom = 0;
  }
  const double n = static_cast<double>(seen.ranks.size());
  const double k = parameters + 1;  // and the deviation
  fit.aicc = n - k - 1 > 0 ? n * std::log(squares / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1)
                           : std::numeric_limits<double>::infinity();
}

std::vector<double> to_vector(const Eigen::VectorXd& values) {
  return {values.data(), values.data() + values.size()};
}

void add_draws(LawFit& fit, const Observations& seen, const std::vector<BasisRow>& rows,
               const PointFit& points, int draws, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  std::chi_squared_distribution<double> chi_squared(fit.degrees_of_freedom);
  const bool probed = fit.law.startup_error > 0 || fit.law.transfer_error > 0;
  const NonNegativeLeastSquares solver(weighted_design(rows, points.weights, 1, 1));
  const auto noise = [&](double deviation) {
    return std::clamp(normal(engine) * deviation, -largest_log_noise, largest_log_noise);
  };
  fit.draws.reserve(static_cast<std::size_t>(draws));
  Eigen::VectorXd target(seen.values.size());
  for (int draw = 0; draw < draws; ++draw) {
    const double deviation =
        fit.deviation * std::sqrt(fit.degrees_of_freedom / chi_squared(engine));
    for (Eigen::Index i = 0; i < target.size(); ++i)
      target(i) = points.weights(i) * seen.values(i) *
                  std::exp(noise(deviation / std::sqrt(seen.repeats(i))));
    LawDraw drawn;
    if (probed) {
      drawn.startup = std::exp(noise(fit.law.startup_error));
      drawn.transfer = std::exp(noise(fit.law.transfer_error));
      const Eigen::MatrixXd design =
          weighted_design(rows, points.weights, drawn.startup, drawn.transfer);
      drawn.parameters = to_vector(solve_once(design, target));
    } else {
      drawn.parameters = to_vector(solver.solve(target));
    }
    drawn.noise = noise(deviation);
    fit.draws.push_back(std::move(drawn));
  }
}

}  // namespace

double BasisRow::value(const std::vector<double>& parameters, double startup_factor,
                       double transfer_factor) const {
  double sum = 0;
  for (std::size_t j = 0; j < terms.size(); ++j) sum += parameters[j] * terms[j];
  if (communication >= 0)
    sum += parameters[static_cast<std::size_t>(communication)] *
           ((startup_factor - 1) * startup + (transfer_factor - 1) * transfer);
  return sum;
}

Interval central_interval(std::vector<double> draws) {
  std::sort(draws.begin(), draws.end());
  const auto at = [&](double q) {
    const double place = q * static_cast<double>(draws.size() - 1);
    const auto low = static_cast<std::size_t>(place);
    const auto high = std::min(low + 1, draws.size() - 1);
    if (draws[low] == draws[high]) return draws[low];  // also infinities
    return draws[low] + (place - static_cast<double>(low)) * (draws[high] - draws[low]);
  };
  return {at(0.025), at(0.975)};
}

namespace {

std::vector<double> values_of(const LawFit& fit) {
  std::vector<double> values;
  values.reserve(fit.parameters.size());
  for (const Estimate<double>& parameter : fit.parameters) values.push_back(parameter.value);
  return values;
}

}  // namespace

Estimate<double> derived(const LawFit& fit,
                         const std::function<double(const std::vector<double>&)>& of) {
  Estimate<double> estimate{of(values_of(fit)), absent, absent};
  if (!fit.has_interval()) return estimate;
  std::vector<double> values;
  values.reserve(fit.draws.size());
  for (const LawDraw& draw : fit.draws) values.push_back(of(draw.parameters));
  const Interval interval = central_interval(std::move(values));
  return {estimate.value, interval.low, interval.high};
}

std::string_view LawFit::unit_of(std::size_t i) const {
  if (law.of_rate) return unit::hertz;
  return law.parameters[i] == "k" ? unit::one : unit::seconds;
}

double LawFit::time(double ranks) const {
  const double sum = law.basis(ranks).value(values_of(*this));
  return law.of_rate ? 1 / sum : sum;
}

double LawFit::time(const BasisRow& row, const LawDraw& draw) const {
  const double sum = row.value(draw.parameters, draw.startup, draw.transfer);
  return law.of_rate ? 1 / sum : sum;
}

Prediction LawFit::at(double ranks) const {
  const double work = scaling == Scaling::weak ? ranks : 1;
  const double value = time(ranks);
  const double speedup = work * time(1) / value;
  Prediction prediction{.ranks = ranks,
                        .time = {value, absent, absent},
                        .speedup = {speedup, absent, absent},
                        .efficiency = {speedup / ranks, absent, absent},
                        .label = label_at(ranks, reach)};
  if (has_interval()) {
    const BasisRow here = law.basis(ranks), alone = law.basis(1);
    std::vector<double> times, runs, speedups;
    for (const LawDraw& draw : draws) {
      times.push_back(time(here, draw));
      runs.push_back(times.back() * std::exp(draw.noise));
      speedups.push_back(work * time(alone, draw) / times.back());
    }
    const Interval of_time = central_interval(std::move(times));
    const Interval of_speedup = central_interval(std::move(speedups));
    prediction.time = {value, of_time.low, of_time.high};
    prediction.single_run = central_interval(std::move(runs));
    prediction.speedup = {speedup, of_speedup.low, of_speedup.high};
    prediction.efficiency = {speedup / ranks, of_speedup.low / ranks, of_speedup.high / ranks};
  } else {
    prediction.note = "one launch per rank count and no spare point: no interval";
  }
  if (const Tier* tier = reach.first_unmeasured(ranks))
    prediction.note =
        fmt::format("crosses the {} border (beyond {} ranks), which nothing measured did",
                    tier->name, tier->ranks);
  return prediction;
}

LawFit fit_points(const Law& law, const std::vector<ScalingPoint>& points, int draws,
                  std::uint64_t seed) {
  const Observations seen = observe(law, points);
  const std::vector<BasisRow> rows = basis_rows(law, seen);
  const PointFit solved = solve_points(rows, seen);
  LawFit fit{.law = law};
  set_deviation(fit, seen, solved);
  if (std::isfinite(fit.deviation) && draws > 0) add_draws(fit, seen, rows, solved, draws, seed);
  for (Eigen::Index j = 0; j < solved.parameters.size(); ++j)
    fit.parameters.push_back({solved.parameters(j), absent, absent});
  for (std::size_t j = 0; j < fit.parameters.size(); ++j)
    fit.parameters[j] = derived(fit, [j](const std::vector<double>& values) { return values[j]; });
  return fit;
}

Outcome<LawFit> fit_law(const Law& law, const ScalingSeries& series, int draws,
                        std::uint64_t seed) {
  require_valid(series);
  if (auto missing = missing_for_fit(series, std::max<std::size_t>(2, law.parameters.size())))
    return *missing;
  LawFit fit = fit_points(law, one_point_per_count(series).points, draws, seed);
  fit.scaling = series.scaling;
  fit.reach = series.reach;
  return fit;
}

}  // namespace assay::models
