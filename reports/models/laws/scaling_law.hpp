#pragma once
/// @file
/// Laws that are linear in their parameters, T(N) = sum of coefficient x basis(N), coefficients >=
/// 0, fitted with weights 1/T^2 (relative error), and their bootstrap.
///
///   amdahl      a + b/N                        serial fraction f = a/(a+b)
///   tax_log2    a/N + b log2(N)/N              efficiency 1/(1 + c log2 N), c = b/a; the linear
///                                              tax 1/(1 + c (N-1)) is Amdahl's law with c = f
///   usl         a/N + b (N-1)/N + c (N-1)      sigma = b/a, kappa = c/a: Gunther's law
///   log         a + b/N + c log2 N             trees
///   power       a + b/N + c (N-1)^p            p from 0.5 to 2
///   m1          a + b/N + c ln N + d N
///   m2          a + b/N + k C(N)               C from probed alpha and beta; k = 1 when probe and
///                                              workload agree
///   m3          a + b/N + k C(N) + m sqrt(2 ln N)   the slowest of N
///
/// Weak scaling has no b/N: log and power have b (N-1)/N in its place, and Gustafson's law
/// S = N - s (N-1) is linear in the rate: 1/T(N) = u/N + v (N-1)/N, s = 1 - v/u.
///
/// Bootstrap: y_i* = y_i exp(z_i s*/sqrt(r_i)) with s* = s sqrt(nu/chi2_nu), so that a linear
/// combination has exactly the t interval with nu degrees of freedom; alpha and beta are drawn from
/// their own errors; every draw is refitted. y, s and nu are of the launches without outliers
/// (launch_noise.hpp); without repeats s is the residual deviation with nu = n - p. Where the law
/// does not fit within that (F test at 1 %), the fit says so, and s^2 is the mean square of the
/// residuals and of two prior degrees of freedom at the launches' own.
/// Sources: models recipe of this folder's README.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "probes/core/outcome.hpp"
#include "probes/core/statistics.hpp"
#include "reports/models/laws/label.hpp"
#include "reports/models/laws/series.hpp"

namespace assay::models {

/// Communication time of one step as the probes predict it, split so that errors of alpha and beta
/// can be drawn: C(N) = startup(N) + transfer(N), in s.
struct CommunicationTerm {
  std::string description;  ///< "ring, 8 MB over tcp"
  std::function<double(double ranks)> startup;
  std::function<double(double ranks)> transfer;
  double startup_error = 0;   ///< Relative standard error of alpha.
  double transfer_error = 0;  ///< Relative standard error of beta.
};

/// What each parameter is multiplied with at one rank count.
struct BasisRow {
  std::vector<double> terms;
  /// Index of the communication term, whose factor is startup x (its error) + transfer x (its
  /// error); -1: none.
  int communication = -1;
  double startup = 0, transfer = 0;

  /// Sum of parameters x terms, with the communication's parts scaled (1 = as probed).
  [[nodiscard]] double value(const std::vector<double>& parameters, double startup_factor = 1,
                             double transfer_factor = 1) const;
};

struct Law {
  std::string name;     ///< "amdahl"
  std::string formula;  ///< "T(N) = a + b/N", for people
  std::vector<std::string> parameters;
  std::function<BasisRow(double ranks)> basis;
  double startup_error = 0, transfer_error = 0;
  bool of_rate = false;  ///< The sum is 1/T(N) rather than T(N).
};
[[nodiscard]] Law amdahl_law();
[[nodiscard]] Law gustafson_law();
[[nodiscard]] Law tax_log2_law();
[[nodiscard]] Law usl_law();
/// T(N) = a + b (N-1)/N: weak scaling whose overhead does not go on growing.
[[nodiscard]] Law saturating_law();
[[nodiscard]] Law log_law(Scaling scaling);
/// @param exponent p of (N-1)^p
[[nodiscard]] Law power_law(double exponent, Scaling scaling);
[[nodiscard]] Law overhead_law(Scaling scaling);                                      ///< m1
[[nodiscard]] Law communication_law(const CommunicationTerm& term, Scaling scaling);  ///< m2
[[nodiscard]] Law straggler_law(const CommunicationTerm& term, Scaling scaling);      ///< m3

/// Whose word a figure is. Beyond and between the counts that were measured only a law can speak; a
/// law that the times reject speaks nowhere.
enum class Speaker { launches, laws, nobody };

/// What is said about one rank count, and by whom.
struct Prediction {
  double ranks = 0;
  double nodes = 0;             ///< 0: not given.
  Estimate<double> time;        ///< s; the interval of the mean.
  Interval single_run;          ///< s; where one launch will fall.
  Estimate<double> speedup;     ///< T(1)/T(N); weak scaling: N T(1)/T(N).
  Estimate<double> efficiency;  ///< speedup/N
  Label label = Label::measured;
  std::string note;  ///< Why it is not better than its label; empty for measured.
  /// Of nobody there is no figure: all values and intervals are NaN, and `note` says why.
  Speaker speaker = Speaker::laws;
};

/// One joint bootstrap draw of everything a law depends on.
struct LawDraw {
  std::vector<double> parameters;
  double startup = 1, transfer = 1;
  double noise = 0;  ///< Of one launch: ln(T of that launch/T of the law).
};

struct LawFit {
  Law law;
  Scaling scaling = Scaling::strong;
  Reach reach;
  std::vector<Estimate<double>> parameters;  ///< In the order of law.parameters.
  std::vector<LawDraw> draws;                ///< `bootstrap_draws` of them.
  /// NaN, like every interval then, when there is neither a repeat nor a spare point.
  double deviation = 0;  ///< Log standard deviation of one launch.
  double degrees_of_freedom = 0;
  bool lack_of_fit = false;  ///< The law misses the points by more than the launches differ.
  double residual = 0;       ///< RMS of ln(T/T_fit) over the points.
  double aicc = 0;           ///< Only for breaking ties.

  [[nodiscard]] bool has_interval() const { return !draws.empty(); }
  /// Of the i-th parameter in result files: k is a factor, rates are Hz, the others times.
  [[nodiscard]] std::string_view unit_of(std::size_t i) const;
  [[nodiscard]] double time(double ranks) const;
  /// In one draw; `row` is law.basis(N), which callers with many draws compute once.
  [[nodiscard]] double time(const BasisRow& row, const LawDraw& draw) const;
  [[nodiscard]] Prediction at(double ranks) const;
};

/// The central 95 % of draws. @pre not empty
[[nodiscard]] Interval central_interval(std::vector<double> draws);

inline constexpr int bootstrap_draws = 2000;
/// A derived quantity with the interval of its draws. `of` gets the parameters.
[[nodiscard]] Estimate<double> derived(const LawFit& fit,
                                       const std::function<double(const std::vector<double>&)>& of);

/// As many as a report embeds: every fourth draw.
inline constexpr int report_draws = 500;

/// unsupported, with the reason, when there are fewer rank counts than parameters (or than two), or
/// all times are equal to the last bit. Throws InputError for impossible times.
[[nodiscard]] Outcome<LawFit> fit_law(const Law& law, const ScalingSeries& series,
                                      int draws = bootstrap_draws, std::uint64_t seed = 1);

/// The same estimator for any law of one variable (message size, say) in place of ranks. What is
/// checked above is the caller's to check. @pre at least as many distinct points as parameters, all
/// times positive
[[nodiscard]] LawFit fit_points(const Law& law, const std::vector<ScalingPoint>& points,
                                int draws = bootstrap_draws, std::uint64_t seed = 1);

}  // namespace assay::models
