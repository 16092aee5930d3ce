#pragma once
/// @file
/// Which law to believe: rolling-origin hold-out, then the envelope of those that survive.
///
/// Each law is fitted without the largest 1, 2, 3 rank counts and predicts them; h = RMS
/// ln(T/T_predicted). A law is consistent when the F test of lack of fit and a parametric bootstrap
/// of its own h both leave it standing at 1 %. Of the consistent laws (of all, when none is) those
/// with h <= 2 min h + s/sqrt(r) are kept, and those whose communication was probed. The point is
/// the median of the kept; the interval is that of their pooled draws inside the data, and beyond
/// it the envelope of their intervals times exp(+-h_min sqrt(1 + log2(N/N_max))). AICc only breaks
/// ties.
///
/// A projection is demoted to a range when no law could be held out, when no law is consistent, or
/// when the fitted factor k of the probed communication lies outside 0.7 to 1.5: probe and workload
/// disagree.

#include <string>
#include <vector>

#include "reports/models/laws/amdahl.hpp"
#include "reports/models/laws/scaling_law.hpp"

namespace assay::models {

struct Contender {
  LawFit fit;
  double holdout_error = 0;  ///< h; NaN when too few rank counts are left to hold any out.
  int holdouts = 0;          ///< Predictions behind it.
  bool consistent = true;    ///< Noise alone explains what it misses.
  bool kept = false;
  std::string verdict;  ///< Why kept or rejected, with the number.
};

struct Contest {
  ScalingSeries series;
  std::vector<Contender> contenders;    ///< Best first.
  std::vector<std::string> not_fitted;  ///< "m3: needs 4 rank counts, 3 were measured"
  double smallest_holdout_error = 0;
  bool explained = true;            ///< False: no law explains the times within their noise.
  bool family_holds = true;         ///< False: every claim beyond the data is at best a range.
  std::vector<std::string> alarms;  ///< Why it does not hold, in words with numbers.

  /// Median of the kept, envelope, label. For range and scenario `time.value` is NaN. Where no law
  /// explains the times, a rank count that was measured has the mean of its launches, and one
  /// between them is a range.
  [[nodiscard]] Prediction at(double ranks) const;
  /// The middle of what at() says at any N, whatever its label: for comparing, never for showing.
  [[nodiscard]] double median_time(double ranks) const;
  /// T*(N) in s of `report_draws` draws of the pooled kept laws; draw j is the same world at every
  /// N. Empty when the launches allow no interval.
  [[nodiscard]] std::vector<double> draw_times(double ranks) const;

 private:
  /// The launches that speak for themselves there; null where a law does.
  [[nodiscard]] const ScalingPoint* launches_at(double ranks) const;
};

/// @param term communication as probed; without it m2 and m3 do not take part.
[[nodiscard]] Outcome<Contest> run_contest(const ScalingSeries& series,
                                           const CommunicationTerm* term = nullptr,
                                           int draws = bootstrap_draws, std::uint64_t seed = 1);

}  // namespace assay::models
