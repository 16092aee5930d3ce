#include "reports/models/money/memory_ceiling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay::models {

Outcome<double> smallest_nodes_for_memory(const MemoryNeed& need, Bytes node_memory) {
  const Bytes room = node_memory - need.replicated - need.buffers;
  if (room.value() <= 0)
    return unsupported(
        fmt::format("replicated state of {} and buffers of {} fill a node of {}: no number of "
                    "nodes holds the working set",
                    format_quantity(need.replicated.value(), unit::bytes),
                    format_quantity(need.buffers.value(), unit::bytes),
                    format_quantity(node_memory.value(), unit::bytes)));
  // A ratio that is whole but for rounding must not cost a node.
  return std::max(1.0, std::ceil(need.working_set / room * (1 - 1e-12)));
}

}  // namespace assay::models
