#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "reports/models/laws/amdahl.hpp"

namespace assay::models {

namespace {

constexpr double two_sided_95 = 0.975;

/// Pooled log deviation between launches; zero degrees without repeats.
struct Spread {
  double deviation = 0, degrees = 0;
};
Spread pooled_spread(const ScalingSeries& series) {
  Spread spread;
  double squares = 0;
  for (const ScalingPoint& point : series.points) {
    const double typical = typical_time(point);
    for (double time : point.times) squares += std::pow(std::log(time / typical), 2);
    spread.degrees += static_cast<double>(point.times.size()) - 1;
  }
  if (spread.degrees > 0) spread.deviation = std::sqrt(squares / spread.degrees);
  return spread;
}

/// What the slope needs of one point: e is linear in the log errors of T(N) and of T(1) near the
/// data, de = sensitivity x (d ln T(N) - d ln T(1)).
struct Sensitivity {
  double to_time;    ///< 1/(S (1 - 1/N))
  double own_error;  ///< Standard error of ln T(N).
};

/// Straight line of e over log2 N. All points share the error of T(1), so that one is carried on
/// its own.
Estimate<double> slope_of(const std::vector<KarpFlattPoint>& points,
                          const std::vector<Sensitivity>& sensitivities, double base_error,
                          double t) {
  double weight = 0, x_mean = 0;
  std::vector<double> weights;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double error = sensitivities[i].to_time * sensitivities[i].own_error;
    weights.push_back(1 / (error * error));
    weight += weights[i];
    x_mean += weights[i] * std::log2(points[i].ranks);
  }
  x_mean /= weight;
  double xx = 0;
  for (std::size_t i = 0; i < points.size(); ++i)
    xx += weights[i] * std::pow(std::log2(points[i].ranks) - x_mean, 2);
  double slope = 0, own = 0, shared = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double factor = weights[i] * (std::log2(points[i].ranks) - x_mean) / xx;
    slope += factor * points[i].serial_fraction.value;
    own += std::pow(factor * sensitivities[i].to_time * sensitivities[i].own_error, 2);
    shared += factor * sensitivities[i].to_time * base_error;
  }
  const double half = t * std::sqrt(own + shared * shared);
  return {slope, slope - half, slope + half};
}

}  // namespace

Outcome<KarpFlatt> karp_flatt(const ScalingSeries& series) {
  require_valid(series);
  if (auto missing = missing_for_fit(series, 3)) return *missing;
  if (series.points.front().ranks != 1)
    return unsupported(
        "Karp-Flatt needs the time on one rank; what can still be said: the Amdahl fit");
  const Spread spread = pooled_spread(series);
  if (spread.degrees == 0)
    return unsupported(
        "one launch per rank count: the serial fractions have no interval; repeat the launches");
  const double t = boost::math::quantile(boost::math::students_t(spread.degrees), two_sided_95);
  const ScalingPoint& base = series.points.front();
  const double base_time = typical_time(base);
  KarpFlatt result;
  // Even launches equal to the last bit are not known better than this; keeps weights finite.
  const double deviation = std::max(spread.deviation, 1e-12);
  const double base_error = deviation / std::sqrt(static_cast<double>(base.times.size()));
  std::vector<Sensitivity> sensitivities;
  for (std::size_t i = 1; i < series.points.size(); ++i) {
    const ScalingPoint& point = series.points[i];
    const double n = point.ranks;
    const double speedup = base_time / typical_time(point);
    const double e = (1 / speedup - 1 / n) / (1 - 1 / n);
    const Sensitivity sensitivity{1 / (speedup * (1 - 1 / n)),
                                  deviation / std::sqrt(static_cast<double>(point.times.size()))};
    // se(S) = S x relative error, so se(e) = se(S)/(S^2 (1 - 1/N)).
    const double error = sensitivity.to_time * std::hypot(sensitivity.own_error, base_error);
    result.points.push_back({n, {e, e - t * error, e + t * error}});
    sensitivities.push_back(sensitivity);
  }
  result.slope = slope_of(result.points, sensitivities, base_error, t);
  result.overhead_grows = result.slope.low > 0;
  return result;
}

}  // namespace assay::models
