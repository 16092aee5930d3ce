#include "reports/models/money/failure.hpp"

#include <fmt/format.h>

#include <cassert>
#include <cmath>

namespace assay::models {

namespace {

/// More lost than that, and the job is not one to buy machines for.
constexpr double most_lost = 0.9;

/// Root of 1 - x = e^-(x + d) in (0, 1): the left side falls from 1 to 0, the right one starts
/// below 1 and ends above 0.
double best_interval(double d) {
  double low = 0, high = 1;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (1 - middle > std::exp(-(middle + d)) ? low : high) = middle;
  }
  return low;
}

}  // namespace

Outcome<FailureTax> failure_tax(double nodes, Seconds node_mtbf, Seconds checkpoint,
                                Seconds restart) {
  assert(nodes >= 1 && node_mtbf.value() > 0 && checkpoint.value() >= 0 && restart.value() >= 0);
  const Seconds system = node_mtbf / nodes;
  if (checkpoint > system / 10)
    return unsupported(fmt::format(
        "a checkpoint of {} is more than a tenth of the {} between failures of {} nodes",
        format(checkpoint), format(system), nodes));
  const double d = checkpoint / system;
  const double x = d > 0 ? best_interval(d) : 0;
  const double longer = std::exp(restart / system) * (x > 0 ? std::expm1(x + d) / x : 1);
  const double lost = 1 - 1 / longer;
  if (lost > most_lost)
    return unsupported(
        fmt::format("{} nodes fail every {}: all but {:.2g} % of the time goes into checkpoints, "
                    "lost work and restarts",
                    nodes, format(system), 100 / longer));
  return FailureTax{system, x * system, lost};
}

}  // namespace assay::models
