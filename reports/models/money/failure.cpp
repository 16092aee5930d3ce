#include "reports/models/money/failure.hpp"

#include <fmt/format.h>

#include <cassert>
#include <cmath>
#include <limits>

namespace assay::models {

Outcome<FailureTax> failure_tax(double nodes, Seconds node_mtbf, Seconds checkpoint,
                                Seconds restart) {
  assert(nodes >= 1 && node_mtbf.value() > 0 && checkpoint.value() >= 0 && restart.value() >= 0);
  const Seconds system = node_mtbf / nodes;
  if (checkpoint > system / 10)
    return unsupported(fmt::format(
        "a checkpoint of {} is more than a tenth of the {} between failures of {} nodes: "
        "first-order theory does not hold",
        format(checkpoint), format(system), nodes));
  const double lost = std::sqrt(2 * (checkpoint / system)) + restart / system;
  if (lost >= 1)
    return unsupported(
        fmt::format("{} nodes fail every {}: all time goes into checkpoints and restarts", nodes,
                    format(system)));
  const double interval = checkpoint.value() > 0
                              ? std::sqrt(2 * checkpoint.value() * system.value())
                              : std::numeric_limits<double>::infinity();
  return FailureTax{system, Seconds(interval), lost};
}

}  // namespace assay::models
