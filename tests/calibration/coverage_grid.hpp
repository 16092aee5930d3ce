#pragma once
/// @file
/// Do the intervals of scaling studies cover? A grid of studies with planted truth: rank counts x
/// launches x laws x noise; shared by a test (a part of it) and coverage_benchmark (all of it).
///
/// Inside: every measured count. Beyond: at two and at four times the largest. `oracle` is the same
/// procedure told the true law: what the intervals would be if nobody had to find it out.

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "reports/models/laws/model_selection.hpp"

namespace assay::coverage {

struct PlantedLaw {
  std::string name;
  std::function<double(double)> time;  ///< s at N ranks.
  models::Law family;                  ///< What the oracle is told.
};

struct PlantedNoise {
  std::string name;
  double launch = 0;     ///< Log standard deviation of a launch.
  double common = 0;     ///< Of an effect that all launches of a count share.
  bool outlier = false;  ///< One launch takes twice its time.
};

struct GridCell {
  std::vector<double> ranks;
  int launches = 3;
  PlantedLaw law;
  PlantedNoise noise;

  [[nodiscard]] bool is_plain() const { return noise.common == 0 && !noise.outlier; }
  [[nodiscard]] std::string name() const {
    return fmt::format("1..{:g} ({} counts) x {}, {}, {}", ranks.back(), ranks.size(), launches,
                       law.name, noise.name);
  }
};

/// One place beyond the data, over all trials.
struct Beyond {
  int printed = 0, covered = 0;          ///< Intervals.
  int projected = 0, projected_out = 0;  ///< Points, and those whose interval misses the truth.
  std::vector<double> half_widths, oracle_half_widths;  ///< Relative to the truth.
};

struct GridTally {
  int trials = 0;
  int inside = 0, inside_covered = 0;
  std::vector<double> inside_widths, inside_oracle_widths;
  Beyond twice, four_times;
};

/// Per law the shapes of the planted studies that hidden causes of overhead give.
/// @param strength serial share, contention or tax
inline std::vector<PlantedLaw> planted_laws(double strength = 0.05) {
  using models::Scaling;
  const double a = strength;
  return {{"Amdahl", [a](double n) { return a + (1 - a) / n; }, models::amdahl_law()},
          {"USL", [a](double n) { return (1 + a * (n - 1) + a * a * n * (n - 1)) / n; },
           models::usl_law()},
          {"power overhead",
           [a](double n) {
             return a / 2 + (1 - a / 2) / n + (n > 1 ? a / 4 * std::pow(n - 1, 0.9) : 0);
           },
           models::power_law(0.9, Scaling::strong)},
          {"ring tax", [a](double n) { return 1 / n + a * 2 * (n - 1) / n + a / 25 * 2 * (n - 1); },
           models::power_law(1, Scaling::strong)},
          {"log tax", [a](double n) { return 1 / n + a * std::log2(n); },
           models::log_law(Scaling::strong)},
          {"N squared", [a](double n) { return 1 / n + a / 20 * (n - 1) * (n - 1); },
           models::power_law(2, Scaling::strong)}};
}

inline std::vector<PlantedNoise> planted_noises() {
  return {{"0.5 %", 0.005},
          {"1 %", 0.01},
          {"2 %", 0.02},
          {"5 %", 0.05},
          {"1 %, one launch of double time", 0.01, 0, true},
          {"1 %, 2 % common to a count", 0.01, 0.02, false}};
}

inline std::vector<GridCell> grid_cells() {
  std::vector<GridCell> cells;
  for (const double most : {4.0, 8.0, 32.0, 64.0}) {
    std::vector<double> ranks;
    for (double n = 1; n <= most; n *= 2) ranks.push_back(n);
    for (const int count : {3, 5})
      for (const PlantedLaw& law : planted_laws())
        for (const PlantedNoise& noise : planted_noises())
          cells.push_back({ranks, count, law, noise});
  }
  return cells;
}

inline models::ScalingSeries planted_series(const GridCell& cell, std::mt19937_64& engine) {
  std::normal_distribution<double> normal;
  models::ScalingSeries series{.subject = "planted", .probe = "workload.planted"};
  for (const double n : cell.ranks) {
    const double common = std::exp(cell.noise.common * normal(engine));
    models::ScalingPoint point{.ranks = n, .nodes = n};
    for (int i = 0; i < cell.launches; ++i)
      point.times.push_back(cell.law.time(n) * common *
                            std::exp(cell.noise.launch * normal(engine)));
    series.points.push_back(std::move(point));
  }
  if (cell.noise.outlier) {
    models::ScalingPoint& point = series.points[engine() % series.points.size()];
    point.times[engine() % point.times.size()] *= 2;
  }
  series.reach.largest = cell.ranks.back();
  return series;
}

inline void tally_beyond(const models::Prediction& at, const models::Posterior& oracle,
                         double ranks, double truth, Beyond& sum) {
  const std::vector<models::BasisRow> rows = oracle.rows_at(ranks);
  std::vector<double> times;
  if (oracle.members.front().stands)  // noise may speak against the true law, too
    for (const models::World& world : oracle.worlds) times.push_back(oracle.time(world, rows));
  if (!times.empty())
    sum.oracle_half_widths.push_back(models::central_interval(std::move(times)).width() / 2 /
                                     truth);
  const bool point = is_present(at.time.value);
  if (!is_present(at.time.low)) return;
  const bool covered = at.time.low <= truth && truth <= at.time.high;
  ++sum.printed;
  sum.covered += covered ? 1 : 0;
  sum.projected += point ? 1 : 0;
  sum.projected_out += point && !covered ? 1 : 0;
  sum.half_widths.push_back((at.time.high - at.time.low) / 2 / truth);
}

inline void run_trial(const GridCell& cell, std::uint64_t seed, GridTally& sum) {
  std::mt19937_64 engine(seed);
  const models::ScalingSeries series = planted_series(cell, engine);
  const auto selection = models::select_model(series);
  ++sum.trials;
  const models::Posterior oracle =
      models::posterior_of(series, selection->noise,
                           {{.law = cell.law.family,
                             .prior = 1,
                             .growing = cell.law.family.parameters.size() > 2 ? 1 : 0}},
                           models::bootstrap_draws, seed);
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    const double n = series.points[i].ranks, truth = cell.law.time(n);
    const models::Prediction at = selection->at(n);
    ++sum.inside;
    sum.inside_covered += at.time.low <= truth && truth <= at.time.high ? 1 : 0;
    sum.inside_widths.push_back((at.time.high - at.time.low) / 2 / truth);
    std::vector<double> times;
    for (const models::World& world : oracle.worlds) times.push_back(std::exp(world.log_times[i]));
    sum.inside_oracle_widths.push_back(
        times.empty() ? absent : models::central_interval(std::move(times)).width() / 2 / truth);
  }
  const double most = cell.ranks.back();
  tally_beyond(selection->at(2 * most), oracle, 2 * most, cell.law.time(2 * most), sum.twice);
  tally_beyond(selection->at(4 * most), oracle, 4 * most, cell.law.time(4 * most), sum.four_times);
}

/// @param seed another one plants other studies
inline GridTally tally(const GridCell& cell, int trials, int seed = 0) {
  GridTally sum;
  for (int trial = 0; trial < trials; ++trial)
    run_trial(cell, 7919 * static_cast<std::uint64_t>(trial + 1000 * seed) + 13, sum);
  return sum;
}

inline double middle_of(const std::vector<double>& values) {
  return values.empty() ? absent : median(values);
}

/// Header and rows of the table as CSV.
inline const char* grid_header() {
  return "largest,counts,launches,law,noise,trials,inside_covered,inside_half_width,"
         "inside_over_oracle,printed_2x,covered_2x,projected_2x,projected_out_2x,half_width_2x,"
         "over_oracle_2x,printed_4x,covered_4x,half_width_4x,over_oracle_4x,missed";
}

inline double share(int part, int whole) {
  return whole > 0 ? static_cast<double>(part) / whole : absent;
}

/// What the demands say of a cell: empty when it meets them. @param slack in standard errors
inline std::string missed_by(const GridCell& cell, const GridTally& sum, double slack = 0) {
  const auto below = [&](double seen, double wanted, int trials) {
    return seen < wanted - slack * std::sqrt(wanted * (1 - wanted) / std::max(1, trials));
  };
  std::string missed;
  const double inside = share(sum.inside_covered, sum.inside);
  if (below(inside, cell.is_plain() ? 0.93 : 0.90, sum.inside)) missed += " inside-low";
  if (cell.is_plain() && below(1 - inside, 0.03, sum.inside)) missed += " inside-high";
  for (const Beyond* beyond : {&sum.twice, &sum.four_times}) {
    if (beyond->printed == 0) continue;
    const char* where = beyond == &sum.twice ? "2x" : "4x";
    if (below(share(beyond->covered, beyond->printed), 0.90, beyond->printed))
      missed += fmt::format(" covered-{}", where);
    if (beyond->projected > 0 &&
        below(1 - share(beyond->projected_out, beyond->projected), 0.90, beyond->projected))
      missed += fmt::format(" projected-{}", where);
  }
  if (cell.ranks.size() > 4 &&
      middle_of(sum.twice.half_widths) > 2 * middle_of(sum.twice.oracle_half_widths))
    missed += " wide-2x";
  return missed;
}

inline std::string grid_row(const GridCell& cell, const GridTally& sum) {
  const auto ratio = [](const std::vector<double>& a, const std::vector<double>& b) {
    return middle_of(a) / middle_of(b);
  };
  const Beyond &two = sum.twice, &four = sum.four_times;
  return fmt::format(
      "{:g},{},{},{},\"{}\",{},{:.3f},{:.4f},{:.2f},{},{:.3f},{},{},{:.4f},{:.2f},{},{:.3f},{:.4f},"
      "{:.2f},{}",
      cell.ranks.back(), cell.ranks.size(), cell.launches, cell.law.name, cell.noise.name,
      sum.trials, share(sum.inside_covered, sum.inside), middle_of(sum.inside_widths),
      ratio(sum.inside_widths, sum.inside_oracle_widths), two.printed,
      share(two.covered, two.printed), two.projected, two.projected_out, middle_of(two.half_widths),
      ratio(two.half_widths, two.oracle_half_widths), four.printed,
      share(four.covered, four.printed), middle_of(four.half_widths),
      ratio(four.half_widths, four.oracle_half_widths), missed_by(cell, sum));
}

}  // namespace assay::coverage
