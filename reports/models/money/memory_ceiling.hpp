#pragma once
/// @file
/// The smallest number of nodes that hold a working set: ceil(set/(capacity - replicated -
/// buffers)).

#include "probes/core/outcome.hpp"
#include "probes/core/units.hpp"

namespace assay::models {

struct MemoryNeed {
  Bytes working_set;    ///< Split over the nodes.
  Bytes replicated{0};  ///< State that every node holds in full.
  Bytes buffers{0};     ///< Per node: communication, staging, the system.
};

/// Whole nodes of that capacity. unsupported, with the reason, when replicated state and buffers
/// alone fill a node: then no number of nodes helps. @pre all positive
[[nodiscard]] Outcome<double> smallest_nodes_for_memory(const MemoryNeed& need, Bytes node_memory);

}  // namespace assay::models
