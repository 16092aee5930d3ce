#pragma once
/// @file
/// A node, drawn: memory nodes, the caches that cores share, the cores, and what leads out of it.

#include <string>
#include <vector>

#include "reports/render/svg.hpp"

namespace assay::render {

struct CacheDomain {
  std::string label;               ///< "L3 260 MiB"; empty when no cache is shared.
  std::vector<std::string> cores;  ///< Names of its cores.
};
struct MemoryDomain {
  std::string label;  ///< "NUMA node 0, 31.3 GB"
  std::vector<CacheDomain> caches;
};
struct MachineSketch {
  std::string title;         ///< "node-1: Intel Xeon ..., 4 cores"
  std::string core_caption;  ///< "each core: L1 48 KiB, L2 2 MiB"
  std::vector<MemoryDomain> memory;
  std::vector<std::string> networks;  ///< Fabric paths and devices.
};

Node draw(Node parent, const MachineSketch& sketch);

}  // namespace assay::render
