#include "probes/memory/latency_knee.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "probes/core/statistics.hpp"
#include "probes/memory/working_set.hpp"

namespace assay::memory {
namespace {

double slope(const LatencyPoint& a, const LatencyPoint& b) {
  return std::log(b.time / a.time) / std::log(b.set / a.set);
}

Seconds plateau_between(std::span<const LatencyPoint> points, Bytes low, Bytes high) {
  std::vector<double> times;
  for (const LatencyPoint& point : points)
    if (point.set >= low && point.set <= high) times.push_back(point.time.value());
  return times.empty() ? Seconds() : Seconds(median(times));
}

// The steepest step that starts within [low, high]; nothing when the curve is flat there.
std::optional<std::size_t> steepest_step(std::span<const LatencyPoint> points, Bytes low,
                                         Bytes high) {
  std::optional<std::size_t> best;
  double best_slope = least_slope;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    if (points[i].set < low || points[i].set > high) continue;
    const double here = slope(points[i], points[i + 1]);
    // The share of misses, 1 - size/set, goes on rising for octaves beyond a level: with ever
    // smaller slopes. Only a slope that grows again is the end of another level.
    const double before = i > 0 ? slope(points[i - 1], points[i]) : 0;
    if (here > best_slope && here > before + 0.1) {
      best_slope = here;
      best = i;
    }
  }
  return best;
}

std::vector<CacheKnee> knees_of_advertised(std::span<const LatencyPoint> points,
                                           std::span<const Bytes> advertised) {
  std::vector<CacheKnee> knees;
  Bytes below;
  for (std::size_t i = 0; i < advertised.size(); ++i) {
    const auto step = steepest_step(points, 1.5 * below, 1.3 * advertised[i]);
    if (step) {
      const Bytes effective = points[*step].set;
      knees.push_back({static_cast<int>(i) + 1, advertised[i], effective,
                       plateau_between(points, 1.5 * below, 0.75 * effective)});
    }
    below = advertised[i];
  }
  return knees;
}

std::vector<CacheKnee> knees_of_unknown(std::span<const LatencyPoint> points) {
  // A rise is a run of steep steps; its knee is where the steepest of them starts.
  std::vector<CacheKnee> knees;
  Bytes below;
  for (std::size_t i = 0; i + 1 < points.size();) {
    std::size_t end = i;
    std::size_t steepest = i;
    while (end + 1 < points.size() && slope(points[end], points[end + 1]) > least_slope) {
      if (slope(points[end], points[end + 1]) > slope(points[steepest], points[steepest + 1]))
        steepest = end;
      ++end;
    }
    if (end > i && points[end].time > 1.3 * points[i].time) {
      knees.push_back({static_cast<int>(knees.size()) + 1, Bytes(), points[steepest].set,
                       plateau_between(points, 1.5 * below, points[i].set)});
      below = points[steepest].set;
    }
    i = std::max(end, i + 1);
  }
  return knees;
}

}  // namespace

std::vector<CacheKnee> find_knees(std::span<const LatencyPoint> points,
                                  std::span<const Bytes> advertised) {
  return advertised.empty() ? knees_of_unknown(points) : knees_of_advertised(points, advertised);
}

std::vector<Bytes> advertised_sizes(const Machine& machine, int pu) {
  std::vector<Bytes> sizes;
  for (int level : cache_levels(machine))
    if (const Cache* cache = machine.cache(level, pu)) sizes.push_back(cache->size);
  return sizes;
}

std::string level_of_set(std::span<const CacheKnee> knees, Bytes set) {
  Bytes below;
  for (const CacheKnee& knee : knees) {
    if (set >= 1.5 * below && set <= 0.75 * knee.effective) return level_name(knee.level);
    below = knee.effective;
  }
  return !knees.empty() && set >= 4.0 * below ? "DRAM" : "";
}

std::vector<Bytes> sweep_sizes(Bytes smallest, Bytes largest, int per_octave) {
  std::vector<Bytes> sizes;
  for (int i = 0;; ++i) {
    const double exact = smallest.value() * std::exp2(static_cast<double>(i) / per_octave);
    const Bytes size(std::round(exact / 4096) * 4096);
    if (size > largest) return sizes;
    if (size > 0_B && (sizes.empty() || size > sizes.back())) sizes.push_back(size);
  }
}

}  // namespace assay::memory
