#pragma once
/// @file
/// Is P(in time) what it says? Jobs with planted truth: a study is measured, a configuration is
/// asked whether it meets a deadline, and the job then runs once, its launch's noise included.
///
/// The deadline is a quantile of what the study claims, so that every tenth of P is asked as often.
/// A tenth is calibrated where its mean claim is at most 3 points above the share of jobs in time
/// and at most 10 below it. At measured counts, and at twice the largest, where the laws speak.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "tests/calibration/coverage_grid.hpp"

namespace assay::coverage {

inline constexpr double most_above = 0.03, most_below = 0.10;

/// One tenth of P.
struct Tenth {
  int jobs = 0, in_time = 0;
  double claimed = 0;  ///< Sum of P.
  double likely = 0;   ///< Sum of the true probabilities of the jobs.
  [[nodiscard]] double claim() const { return claimed / jobs; }
  [[nodiscard]] double truth() const { return likely / jobs; }
  [[nodiscard]] bool is_calibrated() const {
    return jobs == 0 || (claim() - truth() <= most_above && truth() - claim() <= most_below);
  }
};

struct DeadlineTally {
  std::array<Tenth, 10> tenths;
  int by_rejected_law = 0;  ///< P >= 0.9 where no law explains the times and nothing was measured.
};

/// A study of plain launch noise, every law, size and noise of the grid alike.
inline GridCell any_cell(std::mt19937_64& engine) {
  std::uniform_real_distribution<double> uniform;
  const std::vector<PlantedLaw> laws = planted_laws(0.02 + 0.08 * uniform(engine));
  const std::vector<PlantedNoise> noises = planted_noises();
  constexpr std::size_t plain = 4;
  GridCell cell{.launches = uniform(engine) < 0.5 ? 3 : 5,
                .law = laws[engine() % laws.size()],
                .noise = noises[engine() % plain]};
  constexpr std::array largest{8.0, 32.0, 64.0};
  const double most = largest[engine() % largest.size()];
  for (double n = 1; n <= most; n *= 2) cell.ranks.push_back(n);
  return cell;
}

/// @param beyond at twice the largest count instead of a measured one
inline void run_job(std::uint64_t seed, bool beyond, DeadlineTally& tally) {
  std::mt19937_64 engine(seed);
  std::uniform_real_distribution<double> uniform;
  std::normal_distribution<double> normal;
  const GridCell cell = any_cell(engine);
  const auto selection = models::select_model(planted_series(cell, engine));
  const double ranks = beyond ? 2 * cell.ranks.back() : cell.ranks[engine() % cell.ranks.size()];
  const std::vector<double> claimed = selection->draw_runs(ranks);
  if (claimed.empty()) return;
  const double deadline = quantile(claimed, uniform(engine));
  const auto in_time =
      std::count_if(claimed.begin(), claimed.end(), [&](double time) { return time <= deadline; });
  const double p = static_cast<double>(in_time) / static_cast<double>(claimed.size());
  if (beyond && !selection->explained && p >= 0.9) ++tally.by_rejected_law;
  const double truth = cell.law.time(ranks);
  Tenth& tenth = tally.tenths[std::min<std::size_t>(9, static_cast<std::size_t>(p * 10))];
  ++tenth.jobs;
  tenth.claimed += p;
  tenth.likely += 0.5 * std::erfc(-std::log(deadline / truth) / cell.noise.launch / std::sqrt(2));
  tenth.in_time += truth * std::exp(cell.noise.launch * normal(engine)) <= deadline ? 1 : 0;
}

inline DeadlineTally tally_deadlines(int jobs, bool beyond) {
  DeadlineTally tally;
  for (int job = 0; job < jobs; ++job)
    run_job(15485863 * static_cast<std::uint64_t>(job) + (beyond ? 29 : 7), beyond, tally);
  return tally;
}

}  // namespace assay::coverage
