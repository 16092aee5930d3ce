#pragma once
// Made data with known truth: times of a law at given rank counts, with log-normal noise between
// launches.
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "reports/models/laws/series.hpp"

namespace assay::models {

struct Made {
  std::function<double(double)> truth;
  std::vector<double> ranks{1, 2, 4, 8, 16, 32, 64};
  int launches = 5;
  double noise = 0.02;  ///< Log standard deviation of one launch.
  Scaling scaling = Scaling::strong;
};

inline ScalingSeries make_series(const Made& made, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  ScalingSeries series{.subject = "made", .probe = "workload.made", .scaling = made.scaling};
  for (double n : made.ranks) {
    ScalingPoint point{n, {}};
    for (int i = 0; i < made.launches; ++i)
      point.times.push_back(made.truth(n) * std::exp(made.noise * normal(engine)));
    series.points.push_back(std::move(point));
  }
  series.reach.largest = made.ranks.back();
  return series;
}

/// The same as rows of a run directory.
inline RunData make_run(const Made& made, std::uint64_t seed) {
  RunData run;
  for (const ScalingPoint& point : make_series(made, seed).points)
    for (std::size_t i = 0; i < point.times.size(); ++i)
      run.records.push_back({.probe = "workload.made",
                             .metric = "step_time",
                             .unit = "s",
                             .host = "made",
                             .nodes = static_cast<std::int64_t>(point.ranks),
                             .ranks = static_cast<std::int64_t>(point.ranks),
                             .scaling = made.scaling == Scaling::strong ? "strong" : "weak",
                             .launch = std::to_string(i + 1),
                             .samples = 1,
                             .median = point.times[i]});
  return run;
}

}  // namespace assay::models
