#pragma once
/// @file
/// What the times say about all laws at once: Bayesian averaging over laws and over the deviation
/// between rank counts, with the launches as replicates.
///
///   y_i = ln T of count i (mean of its launches) = ln f(N_i) + between_i + launch_i
///   var(between_i) = rho^2 s^2 = effect^2,  var(launch_i) = s^2/r_i + resolution
///
/// f is one of the members (Amdahl, logarithm, powers of N-1, m1, probed communication), its
/// coefficients are not negative. For each member and each rho of a grid the coefficients are
/// fitted (NNLS, relative error); its evidence is the restricted likelihood with s integrated out,
/// times the priors below, divided by sqrt(launches) for each growing term where more than four
/// counts were measured (the Schwarz criterion). A world is a member and a rho drawn by evidence, s
/// drawn from its scaled inverse chi-square, the means of the counts drawn with it and the member
/// refitted to them. Intervals are quantiles of worlds: they carry the choice of law, the exponent,
/// the effect common to a count's launches and the noise of launches.
///
/// Priors: more than half lies on plain laws (Amdahl, log, linear, square), the rest on powers
/// between; with few counts on growth. Beyond and between the counts an effect of 1 to 4 % common
/// to a count's launches is taken for likely: no repeat of a launch shows it, only the residuals of
/// more counts than coefficients do. A measured count is its launches' own mean (log_times), with
/// an effect only where the residuals show one: another share-out of the same evidence. They were
/// chosen for coverage on planted truth (reports/models/README.md). Sources: Hoeting et
/// al., "Bayesian Model Averaging: A Tutorial", Stat. Sci. 14(4), 1999; Kass & Wasserman, JASA 90,
/// 1995 (Schwarz criterion); Patterson & Thompson, Biometrika 58, 1971 (restricted likelihood). Not
/// said: what lies beyond a border that no measurement crossed.

#include <cstdint>
#include <string>
#include <vector>

#include "reports/models/laws/launch_noise.hpp"
#include "reports/models/laws/scaling_law.hpp"

namespace assay::models {

/// A law misses the times by more than launches differ where its p_value is below this.
inline constexpr double rejection_level = 0.01;

/// A law that takes part.
struct Member {
  Law law;
  double prior = 0;     ///< Share of the prior probability.
  int growing = 0;      ///< Terms beyond those of Amdahl's law.
  double exponent = 0;  ///< Of a power; 0: not one.
  bool probed = false;  ///< Has k, which the probe says is near 1.

  double probability = 0;         ///< Share of the evidence.
  double residual_deviation = 0;  ///< Of ln T over the counts, per spare count; 0 without one.
  /// Of so large a residual if only launches differ; 1 where nothing can be told.
  double p_value = 1;
  int spare = 0;       ///< Counts less coefficients above zero.
  bool stands = true;  ///< Neither the launches' noise nor an effect between counts rules it out.
};

/// One joint draw of everything.
struct World {
  std::size_t member = 0;
  LawDraw draw;                   ///< draw.noise: of one more launch.
  std::vector<double> log_times;  ///< ln T of each measured count's mean.
};

struct Posterior {
  std::vector<Member> members;
  std::vector<World> worlds;  ///< In random order; none when there is no spare degree of freedom.

  [[nodiscard]] double time(const World& world, const std::vector<BasisRow>& rows) const {
    return rows[world.member].value(world.draw.parameters, world.draw.startup, world.draw.transfer);
  }
  /// Each member's row at N, for time().
  [[nodiscard]] std::vector<BasisRow> rows_at(double ranks) const;
};

/// The members for so many counts. @param term communication as probed; may be null
[[nodiscard]] std::vector<Member> members_for(const ScalingSeries& series,
                                              const CommunicationTerm* term);

/// @pre at least two points, all times positive. Deterministic for a seed.
[[nodiscard]] Posterior posterior_of(const ScalingSeries& series, const LaunchNoise& noise,
                                     std::vector<Member> members, int worlds, std::uint64_t seed);

}  // namespace assay::models
