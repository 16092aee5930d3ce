#pragma once
/// @file
/// Which points a later round measures where the time left is not enough for all.

#include <vector>

#include "probes/core/record.hpp"
#include "probes/core/units.hpp"

namespace assay {

/// What a visit took, and what it measured. Of a visit's time about half goes with the number of
/// its points and half with the bytes of their working sets, which are filled anew in every round.
struct VisitCost {
  Seconds took = {};
  double points = 0, bytes = 0;

  VisitCost() = default;
  VisitCost(Seconds time, const std::vector<Record>& measured);
};

/// A visit of these points, from what an earlier one took; at least a fifth of that.
/// @pre `earlier` measured something
[[nodiscard]] Seconds expected_time(const std::vector<Record>& points, const VisitCost& earlier);

/// All of them where they fit into `available`, else those of the most threads, and of these
/// without the largest working sets. Empty where nothing fits.
[[nodiscard]] std::vector<Record> points_that_fit(std::vector<Record> points,
                                                  const VisitCost& earlier, Seconds available);

}  // namespace assay
