#include "reports/models/laws/launch_noise.hpp"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace assay::models {

namespace {

constexpr double outlier_level = 0.001;
constexpr double unequal_level = 0.01;
constexpr double shrinking_degrees = 3;
constexpr double outlier_launches = 3;
/// Further than this many robust deviations from the median: tested as an outlier.
constexpr double suspicious = 4;
/// Relative: nothing is known better than this, however equal the numbers in a file.
constexpr double finest = 1e-7;

struct TimedLaunch {
  double log_time = 0;
  bool kept = true;
};
using TimedLaunches = std::vector<std::vector<TimedLaunch>>;

/// The times as whole multiples of 1, 2 or 5 times a power of ten, within a millionth; 0: of none
/// that matters.
double resolution_of(const std::vector<ScalingPoint>& points) {
  double least = std::numeric_limits<double>::infinity();
  for (const ScalingPoint& point : points)
    least = std::min(least, *std::min_element(point.times.begin(), point.times.end()));
  const auto fits = [&](double step) {
    return std::all_of(points.begin(), points.end(), [&](const ScalingPoint& point) {
      return std::all_of(point.times.begin(), point.times.end(), [&](double time) {
        const double steps = time / step;
        return steps < 1e6 && std::fabs(steps - std::round(steps)) < 1e-6 * steps;
      });
    });
  };
  const int power = static_cast<int>(std::floor(std::log10(least)));
  for (int e = power; e > power - 5; --e)
    for (const double digit : {5.0, 2.0, 1.0})
      if (const double step = digit * std::pow(10.0, e); fits(step)) return step;
  return 0;
}

TimedLaunches logs_of(const std::vector<ScalingPoint>& points) {
  TimedLaunches all;
  for (const ScalingPoint& point : points) {
    all.emplace_back();
    for (const double time : point.times) all.back().push_back({std::log(time)});
  }
  return all;
}

/// From the differences between launches of one count, whose median a few outliers do not move.
double robust_deviation(const TimedLaunches& all) {
  constexpr double median_of_differences = 0.9539;  // of two standard normal deviates
  constexpr std::size_t most_partners = 8;          // thousands of launches need no more,
  constexpr std::size_t most_launches = 2048;       // and of each count no more than these
  std::vector<double> differences;
  for (const auto& count : all)
    for (std::size_t i = 0; i < count.size(); i += 1 + count.size() / most_launches)
      for (std::size_t j = i + 1; j < std::min(count.size(), i + most_partners); ++j)
        differences.push_back(std::fabs(count[i].log_time - count[j].log_time));
  return differences.empty() ? 0 : median(std::move(differences)) / median_of_differences;
}

struct Sums {
  double mean = 0, kept = 0, squares = 0;
};
Sums sums_of(const std::vector<TimedLaunch>& count) {
  Sums sums;
  for (const TimedLaunch& launch : count)
    if (launch.kept) sums.mean += launch.log_time, ++sums.kept;
  sums.mean /= sums.kept;
  for (const TimedLaunch& launch : count)
    if (launch.kept) sums.squares += std::pow(launch.log_time - sums.mean, 2);
  return sums;
}

/// Leaves out what may be an outlier; never half of a count or more.
void suspect(std::vector<TimedLaunch>& count, double deviation) {
  if (count.size() < 3) return;
  std::vector<double> logs;
  for (const TimedLaunch& launch : count) logs.push_back(launch.log_time);
  const double middle = median(std::move(logs));
  std::size_t left_out = 0;
  for (TimedLaunch& launch : count) {
    launch.kept = std::fabs(launch.log_time - middle) <= suspicious * deviation;
    left_out += launch.kept ? 0 : 1;
  }
  if (2 * left_out >= count.size())
    for (TimedLaunch& launch : count) launch.kept = true;
}

/// Takes suspects back whose distance the noise of the others explains.
void readmit(TimedLaunches& all, double floor) {
  double squares = 0, degrees = 0, launches = 0;
  for (const auto& count : all) {
    const Sums sums = sums_of(count);
    squares += sums.squares;
    degrees += sums.kept - 1;
    launches += static_cast<double>(count.size());
  }
  if (degrees < 1) return;
  const double deviation = std::max(floor, std::sqrt(squares / degrees));
  const double limit = boost::math::quantile(
      boost::math::complement(boost::math::students_t(degrees), outlier_level / 2 / launches));
  for (auto& count : all) {
    const Sums sums = sums_of(count);
    for (TimedLaunch& launch : count) {
      const double distance = std::fabs(launch.log_time - sums.mean);
      if (distance <= limit * deviation * std::sqrt(1 + 1 / sums.kept)) launch.kept = true;
    }
  }
}

/// Bartlett's test of equal variances.
bool deviations_differ(const std::vector<Sums>& sums, double floor) {
  double squares = 0, degrees = 0, logs = 0, inverse = 0, groups = 0;
  for (const Sums& one : sums) {
    const double own = one.kept - 1;
    if (own < 1) continue;
    const double variance = std::max(one.squares / own, floor * floor);
    squares += variance * own;
    degrees += own;
    logs += own * std::log(variance);
    inverse += 1 / own;
    ++groups;
  }
  if (groups < 2) return false;
  const double statistic = (degrees * std::log(squares / degrees) - logs) /
                           (1 + (inverse - 1 / degrees) / (3 * (groups - 1)));
  const boost::math::chi_squared under_equal(groups - 1);
  return statistic > boost::math::quantile(boost::math::complement(under_equal, unequal_level));
}

void set_counts(LaunchNoise& noise, const std::vector<Sums>& sums) {
  for (const Sums& one : sums) {
    CountNoise count{.log_mean = one.mean,
                     .launches = one.kept,
                     .deviation = noise.deviation,
                     .degrees = noise.degrees,
                     .floor = finest + noise.resolution / std::sqrt(12.0) / std::exp(one.mean)};
    if (noise.unequal) {
      count.degrees = shrinking_degrees + one.kept - 1;
      count.deviation = std::sqrt(
          (shrinking_degrees * noise.deviation * noise.deviation + one.squares) / count.degrees);
    }
    noise.counts.push_back(count);
  }
}

}  // namespace

double CountNoise::error() const {
  return std::sqrt(deviation * deviation / launches + floor * floor);
}

LaunchNoise launch_noise(const std::vector<ScalingPoint>& points) {
  LaunchNoise noise{.resolution = resolution_of(points)};
  double least = std::numeric_limits<double>::infinity();
  for (const ScalingPoint& point : points) least = std::min(least, typical_time(point));
  const double floor = finest + noise.resolution / std::sqrt(12.0) / least;
  TimedLaunches all = logs_of(points);
  const double robust = std::max(floor, robust_deviation(all));
  for (auto& count : all) suspect(count, robust);
  readmit(all, floor);
  std::vector<Sums> sums;
  double squares = 0;
  for (const auto& count : all) {
    sums.push_back(sums_of(count));
    squares += sums.back().squares;
    noise.degrees += sums.back().kept - 1;
    noise.launches += static_cast<double>(count.size());
  }
  noise.deviation = noise.degrees > 0 ? std::sqrt(squares / noise.degrees) : absent;
  noise.unequal = deviations_differ(sums, floor);
  set_counts(noise, sums);
  for (std::size_t i = 0; i < all.size(); ++i)
    for (const TimedLaunch& launch : all[i])
      if (!launch.kept) noise.counts[i].outliers.push_back(launch.log_time - sums[i].mean);
  for (const CountNoise& count : noise.counts)
    noise.outliers.insert(noise.outliers.end(), count.outliers.begin(), count.outliers.end());
  return noise;
}

double LaunchNoise::outlier_probability(const CountNoise* count) const {
  const double overall = static_cast<double>(outliers.size()) / launches;
  if (count == nullptr) return overall;
  const auto own = static_cast<double>(count->outliers.size());
  return (own + outlier_launches * overall) / (count->launches + own + outlier_launches);
}

double mean_over_typical(const LaunchNoise& noise, const CountNoise* count) {
  if (noise.outliers.empty()) return 1;
  const std::vector<double>& seen =
      count != nullptr && !count->outliers.empty() ? count->outliers : noise.outliers;
  double excess = 0;
  for (const double factor : seen) excess += std::expm1(factor);
  return 1 + noise.outlier_probability(count) * excess / static_cast<double>(seen.size());
}

LaunchMean launch_mean(const CountNoise& count) {
  const double value = std::exp(count.log_mean);
  if (!(count.degrees > 0)) return {{value, absent, absent}, {absent, absent}};
  const double t = boost::math::quantile(boost::math::students_t(count.degrees), 0.975);
  const double mean = std::exp(t * count.error());
  const double run = std::exp(t * std::hypot(count.error(), count.deviation));
  return {{value, value / mean, value * mean}, {value / run, value * run}};
}

}  // namespace assay::models
