#include "reports/models/laws/launch_mean.hpp"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace assay::models {

namespace {

/// Of ln T.
struct LogTimes {
  double mean = 0, deviation = 0, count = 0;
};

LogTimes log_times(const ScalingPoint& point) {
  std::vector<double> logs;
  for (const double time : point.times) logs.push_back(std::log(time));
  return {std::log(typical_time(point)), logs.size() > 1 ? standard_deviation(logs) : 0,
          static_cast<double>(logs.size())};
}

}  // namespace

LaunchMean launch_mean(const ScalingPoint& point) {
  const LogTimes logs = log_times(point);
  const double value = std::exp(logs.mean);
  if (logs.count < 2) return {{value, absent, absent}, {absent, absent}};
  const double t = boost::math::quantile(boost::math::students_t(logs.count - 1), 0.975);
  const double mean = std::exp(t * logs.deviation / std::sqrt(logs.count));
  const double run = std::exp(t * logs.deviation * std::sqrt(1 + 1 / logs.count));
  return {{value, value / mean, value * mean}, {value / run, value * run}};
}

std::vector<double> launch_mean_draws(const ScalingPoint& point, int draws) {
  const LogTimes logs = log_times(point);
  if (logs.count < 2) return {};
  const boost::math::students_t student(logs.count - 1);
  const double error = logs.deviation / std::sqrt(logs.count);
  // Ranks that differ are independent: each starts at another place in the order.
  const auto start = static_cast<std::int64_t>(std::llround(point.ranks)) * 61;
  std::vector<double> times;
  for (int j = 0; j < draws; ++j) {
    const double share = (static_cast<double>((j * 197 + start) % draws) + 0.5) / draws;
    times.push_back(std::exp(logs.mean + error * boost::math::quantile(student, share)));
  }
  return times;
}

}  // namespace assay::models
