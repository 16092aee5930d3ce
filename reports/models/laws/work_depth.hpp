#pragma once
/// @file
/// Work and depth: T1 = work, T_inf = critical path, parallelism T1/T_inf, Brent's bound T_N <=
/// T1/N + T_inf.
///
/// T_inf is Amdahl's serial time a and T1 = a + b, so both come from that fit. Where overhead grows
/// with N there is no critical path to read off, and none is stated. Source: Brent, "The Parallel
/// Evaluation of General Arithmetic Expressions", JACM 21(2), 1974.

#include "reports/models/laws/amdahl.hpp"

namespace assay::models {

struct WorkDepth {
  Estimate<double> work;         ///< T1, s
  Estimate<double> depth;        ///< T_inf, s
  Estimate<double> parallelism;  ///< T1/T_inf
  /// s; an upper bound on the time at `ranks` of a greedy schedule.
  [[nodiscard]] double brent_bound(double ranks) const { return work.value / ranks + depth.value; }
};
[[nodiscard]] Outcome<WorkDepth> work_and_depth(const AmdahlFit& fit);

}  // namespace assay::models
