#include "reports/models/money/type_time.hpp"

#include <algorithm>
#include <cmath>

namespace assay::models {

ComputeShare compute_share(double ranks, double time, double one, bool is_weak) {
  if (ranks <= 1) return {1, 1};
  if (!(one > 0) || !(time > 0)) return {0, 1};
  return {std::min(1.0, (is_weak ? one : one / ranks) / time), 1};
}

Interval type_factor(const ComputeShare& share, double relative_speed, double bandwidth_ratio,
                     double nodes) {
  const double bytes =
      nodes > 1 && bandwidth_ratio > 0 && std::isfinite(bandwidth_ratio) ? bandwidth_ratio : 1;
  Interval range{INFINITY, 0};
  // Linear in both: the ends are at the ends.
  for (const double c : {share.low, share.high})
    for (const double n : {1.0, bytes}) {
      const double factor = c / relative_speed + (1 - c) * n;
      range = {std::min(range.low, factor), std::max(range.high, factor)};
    }
  return range;
}

}  // namespace assay::models
