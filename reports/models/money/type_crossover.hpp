#pragma once
/// @file
/// Scale-up against scale-out between node types of a price list, from a measured scaling law: up
/// to how many of the slower type does the job cost less than on one node of the faster type?
///
///   ratio(K) = [p_slow(K) T(K)/s_slow] / [p_fast(1) T(1)/s_fast]
///
/// T is drawn jointly at all K (ModelSelection::draw_times), so that what both sides share cancels.
/// The speeds s are the price list's, nobody measured them here: the interval does not hold their
/// error. crossover.hpp answers the same for a given tax.

#include <optional>
#include <string>
#include <vector>

#include "reports/models/money/cost.hpp"

namespace assay::models {

struct TypeCrossover {
  struct Point {
    double nodes = 1;
    Estimate<double> ratio;  ///< Below 1: K of the slower type cost less. No value beyond what may
                             ///< be stated as a point (label.hpp).
    Label label = Label::measured;
  };
  std::string slow, fast;  ///< Names of the types.
  std::vector<Point> points;
  /// The largest K of `points` that costs less; 0: none does. Equal to `searched`: all of them do.
  /// No value where only an interval may be stated.
  Estimate<double> last_cheaper;
  double searched = 1;  ///< The largest K looked at.
};

/// For each type of the study's list, in order of speed, against the next faster one; up to the
/// slower type's max_nodes and four times the largest count measured, where ranges end. Empty for
/// one type, or launches that allow no interval.
[[nodiscard]] std::vector<TypeCrossover> type_crossovers(const ModelSelection& selection,
                                                         const CostStudy& study);

}  // namespace assay::models
