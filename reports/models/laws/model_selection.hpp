#pragma once
/// @file
/// Which laws the times leave standing, and what is known at any number of ranks.
///
/// At a place that was measured the launches speak for themselves: figure and interval are theirs,
/// with the effect common to a count's launches where the laws' residuals show one. Between and
/// beyond, the laws speak: worlds of posterior.hpp, quantiles of all laws that stand weighted by
/// their evidence. Where none stands, nobody speaks there.
///
/// Labels (label.hpp) by distance; a projection is demoted to a range with fewer than five rank
/// counts (they cannot tell one law of growth from another), when the interval's ends are more than
/// a factor 1.5 apart, and when the fitted factor k of the probed communication lies outside 0.7 to
/// 1.5: probe and workload disagree. Where the ends are more than a factor 9 apart, nothing is
/// said. Everything beyond is a scenario where the placement of the ranks is unknown.
///
/// The hold-out error of a law (holdout.hpp) is shown beside its evidence; it decides nothing.

#include <optional>
#include <string>
#include <vector>

#include "reports/models/laws/amdahl.hpp"
#include "reports/models/laws/posterior.hpp"

namespace assay::models {

struct Candidate {
  LawFit fit;
  double holdout_error = 0;  ///< h; NaN when too few rank counts are left to hold any out.
  int holdouts = 0;          ///< Predictions behind it.
  bool consistent = true;  ///< Launch noise, or an effect between counts, explains what it misses.
  bool kept = false;       ///< It is among those that speak.
  double probability = 0;  ///< Its share of the evidence, all exponents of a power together.
  std::string verdict;     ///< Why kept or rejected, with the number.
};

struct ModelSelection {
  ScalingSeries series;
  LaunchNoise noise;  ///< Of the series' launches.
  /// Index in the worlds' log_times of each point; -1 where the laws are fitted to another point of
  /// the same rank count.
  std::vector<std::ptrdiff_t> in_fit;
  Posterior posterior;
  std::vector<Candidate> candidates;    ///< Best first.
  std::vector<std::string> not_fitted;  ///< "m1: needs 5 rank counts, 3 were measured"
  bool explained = true;                ///< False: no law explains the times within their noise.
  bool family_holds = true;             ///< False: every claim beyond the data is at best a range.
  std::vector<std::string> alarms;      ///< Why it does not hold, in words with numbers.

  /// At a place that was measured: the launches' own mean and interval, whatever the laws say.
  /// Elsewhere the laws' median and interval with a label; for range and scenario `time.value` is
  /// NaN. Where nobody speaks: no figure, label scenario.
  [[nodiscard]] Prediction at(Place place) const;
  /// The middle of what at() says, whatever its label: for comparing, never for showing. NaN where
  /// nobody speaks.
  [[nodiscard]] double median_time(Place place) const;
  /// Draws of the mean time in s, `report_draws` of them; draw j is the same world at every place.
  /// Empty where nobody speaks and where the launches allow no interval.
  [[nodiscard]] std::vector<double> draw_times(Place place) const;
  /// The same of one job as it will run: one more launch, its noise and the share of outliers
  /// included. At a measured place the launches are such jobs.
  [[nodiscard]] std::vector<double> draw_runs(Place place) const;

  /// What a job there takes on the average, over its typical time: 1 without outliers.
  [[nodiscard]] double mean_over_typical(Place place) const;
  /// "3 of 8 launches took about 2.5 times as long and are set aside"; empty where none is.
  [[nodiscard]] std::string outliers_text(Place place) const;

  /// The launches at that place; null where none were made.
  [[nodiscard]] const ScalingPoint* measured_at(Place place) const;

 private:
  [[nodiscard]] std::size_t index_of(const ScalingPoint& point) const;
  [[nodiscard]] bool speaks(Place place) const;
  [[nodiscard]] std::vector<double> world_times(const ScalingPoint* point, double ranks) const;
  [[nodiscard]] Prediction at_launches(const ScalingPoint& point) const;
  [[nodiscard]] Prediction at_laws(Place place) const;
  void add_speedup(Prediction& result, const std::vector<double>& times,
                   const ScalingPoint* point) const;
  [[nodiscard]] Prediction nobody(double ranks, std::string why) const;
};

/// Where more ranks stop making it faster: the N of the largest speed, N/T(N) for weak scaling.
struct Fastest {
  Estimate<double> ranks;  ///< Infinite where the speed still grows at `searched`.
  double searched = 0;     ///< Ranks up to which was looked.
  bool known = false;      ///< Found within four times the largest count in most worlds.
  /// "beyond about 93 ranks (80 to 120) more are slower"; "probably" where the laws leave it open
  /// that the speed grows without end. Empty where not known.
  std::string sentence;
};
[[nodiscard]] Fastest fastest(const ModelSelection& selection);

/// unsupported, with the reason, when there are fewer than two rank counts.
/// @param term communication as probed; without it m2 and m3 do not take part.
/// @param draws worlds of the posterior
[[nodiscard]] Outcome<ModelSelection> select_model(const ScalingSeries& series,
                                                   const CommunicationTerm* term = nullptr,
                                                   int draws = bootstrap_draws,
                                                   std::uint64_t seed = 1);

}  // namespace assay::models
