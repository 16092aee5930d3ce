#pragma once
/// @file
/// Bandwidth and latency from the cores of each NUMA node to the memory of each, and their way back
/// into hwloc as memory attributes, so that other programs (mpirun, numactl wrappers, allocators)
/// can use them.
///
/// Attributes: HWLOC_MEMATTR_ID_BANDWIDTH in MiB/s and HWLOC_MEMATTR_ID_LATENCY in ns, initiator =
/// the cores of a node. Source: hwloc/memattrs.h. Not measured: traffic of several nodes at once.

#include <filesystem>
#include <span>

#include "probes/core/units.hpp"
#include "probes/memory/mapped_buffer.hpp"

namespace assay::memory {

struct NumaPair {
  int cpu_node;     ///< OS index of the node whose cores read.
  int memory_node;  ///< OS index of the node whose memory is read.
  BytesPerSecond bandwidth;
  Seconds latency;
};

/// Binds the untouched buffer to one node, strictly: its pages come from there or not at all. Empty
/// when done, else why the system refuses.
[[nodiscard]] std::string bind_to_node(const MappedBuffer& buffer, int memory_node);
/// Of the touched pages that were looked at (every 64th), the fraction on that node; negative when
/// unknown.
[[nodiscard]] double fraction_on_node(const MappedBuffer& buffer, int memory_node);

/// The topology of this machine with the pairs as memory attributes, as hwloc XML. Throws RunError
/// when hwloc refuses or the file cannot be written.
void export_numa_matrix(std::span<const NumaPair> pairs, const std::filesystem::path& file);

}  // namespace assay::memory
