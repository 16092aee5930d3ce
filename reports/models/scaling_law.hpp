#pragma once
/// @file
/// Laws that are linear in their parameters, T(N) = sum of coefficient x basis(N), coefficients >=
/// 0, fitted with weights 1/T^2 (relative error), and their bootstrap.
///
///   amdahl     a + b/N                          serial fraction f = a/(a+b)
///   gustafson  a + b N  (weak scaling)          scaled serial fraction
///   usl        a/N + b (N-1)/N + c (N-1)        sigma = b/a, kappa = c/a: Gunther's law, linear in
///   a, b, c m1         a + b/N + c ln N + d N m2         a + b/N + k C(N)                 C from
///   probed alpha and beta; k = 1 when probe and workload agree m3         a + b/N + k C(N) + m
///   sqrt(2 ln N)   the slowest of N
///
/// Bootstrap: y_i* = y_i exp(z_i s*/sqrt(r_i)) with s* = s sqrt(nu/chi2_nu), so that a linear
/// combination has exactly the t interval with nu degrees of freedom; alpha and beta are drawn from
/// their own errors; every draw is refitted. s is the pooled log deviation between launches, nu =
/// sum(r_i - 1); without repeats it is the residual deviation with nu = n - p. Where the law does
/// not fit within that (F test at 1 %), the residual deviation is used and the fit says so.
/// Sources: models recipe of this folder's README.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "probes/core/outcome.hpp"
#include "probes/core/statistics.hpp"
#include "reports/models/label.hpp"
#include "reports/models/series.hpp"

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

struct Law {
  std::string name;     ///< "amdahl"
  std::string formula;  ///< "T(N) = a + b/N", for people
  std::vector<std::string> parameters;
  /// Factors of the parameters at N. `startup` and `transfer` scale the communication term (1 = as
  /// probed).
  std::function<std::vector<double>(double ranks, double startup, double transfer)> basis;
  double startup_error = 0, transfer_error = 0;
};
[[nodiscard]] Law amdahl_law();
[[nodiscard]] Law gustafson_law();
[[nodiscard]] Law usl_law();
[[nodiscard]] Law overhead_law();                                    ///< m1
[[nodiscard]] Law communication_law(const CommunicationTerm& term);  ///< m2
[[nodiscard]] Law straggler_law(const CommunicationTerm& term);      ///< m3

/// What a law, or several, says about one rank count.
struct Prediction {
  double ranks = 0;
  Estimate<double> time;        ///< s; the interval of the mean.
  Interval single_run;          ///< s; where one launch will fall.
  Estimate<double> speedup;     ///< T(1)/T(N); weak scaling: N T(1)/T(N).
  Estimate<double> efficiency;  ///< speedup/N
  Label label = Label::measured;
  std::string note;  ///< Why it is not better than its label; empty for measured.
};

/// One joint bootstrap draw of everything a law depends on.
struct LawDraw {
  std::vector<double> parameters;
  double startup = 1, transfer = 1;
};

struct LawFit {
  Law law;
  Scaling scaling = Scaling::strong;
  Reach reach;
  std::vector<Estimate<double>> parameters;  ///< In the order of law.parameters.
  std::vector<LawDraw> draws;                ///< `bootstrap_draws` of them.
  double deviation = 0;                      ///< Log standard deviation of one launch.
  double degrees_of_freedom = 0;
  bool lack_of_fit = false;  ///< The law misses the points by more than the launches differ.
  double residual = 0;       ///< RMS of ln(T/T_fit) over the points.
  double aicc = 0;           ///< Only for breaking ties.

  [[nodiscard]] double time(double ranks) const;
  [[nodiscard]] double time(double ranks, const LawDraw& draw) const;
  [[nodiscard]] Prediction at(double ranks) const;
};

inline constexpr int bootstrap_draws = 2000;
/// As many as a report embeds: every fourth draw.
inline constexpr int report_draws = 500;

/// unsupported, with the reason, when there are fewer rank counts than parameters (or than two), or
/// all times are equal to the last bit. Throws InputError for impossible times.
[[nodiscard]] Outcome<LawFit> fit_law(const Law& law, const ScalingSeries& series,
                                      int draws = bootstrap_draws, std::uint64_t seed = 1);

}  // namespace assay::models
