#pragma once
/// @file
/// Fitted parameters of two stored runs: serial fraction, alpha, beta and roofs, by paired
/// bootstrap.
///
/// Every parameter is refitted from replicates (launches; samples of the only launch otherwise)
/// drawn with replacement, whole launches at a time and the same draws in base and head where both
/// have as many; the spread of the differences of the two fits, with Student's t of n - 1 launches,
/// gives interval and p-value; fewer than 3 launches give no verdict. Samples inside one launch
/// know nothing of how launches differ: there, each difference is widened by `launch_noise` of both
/// sides. Ratios are compared by their logarithm, the serial fraction, which may be 0, by its
/// difference. Estimators: reports/models (weighted non-negative least squares). One line per
/// message path here: protocol segments may fall differently in base and head, and then have no
/// common parameter.

#include <string>
#include <vector>

#include "probes/run/run_directory.hpp"
#include "reports/gate/decide/report.hpp"
#include "reports/gate/decide/stored_comparison.hpp"

namespace assay::gate {

/// Values at one x (ranks, bytes; 0 for a roof).
struct ReplicatedPoint {
  double x = 0;
  std::vector<double> replicates;
};

/// A parameter and the points it is fitted from.
struct FittableParameter {
  enum class Estimator { serial_fraction, alpha, beta, level };
  std::string name, unit;
  Better better = Better::lower;
  Estimator estimator = Estimator::level;
  bool launches = false;  ///< Replicates are launches.
  std::vector<ReplicatedPoint> points;
};
/// Everything that can be refitted. @param runs launches of one version, pooled
[[nodiscard]] std::vector<FittableParameter> fittable_parameters(const std::vector<RunData>& runs);

/// NaN when the points cannot be fitted.
[[nodiscard]] double estimate(const FittableParameter& parameter);

/// Verdicts of the parameters that both sides have; Holm over them at the rule's alpha. Those of
/// one side only are inconclusive.
[[nodiscard]] std::vector<MetricResult> compare_parameters(
    const std::vector<FittableParameter>& base, const std::vector<FittableParameter>& head,
    const StoredOptions& options, int resamples = 999);

}  // namespace assay::gate
