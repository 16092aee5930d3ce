#include "probes/memory/numa_matrix.hpp"

#include <fmt/format.h>
#include <hwloc.h>
#include <hwloc/memattrs.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <memory>

#include "probes/core/errors.hpp"

namespace assay::memory {
namespace {

struct DestroyTopology {
  void operator()(hwloc_topology_t topology) const { hwloc_topology_destroy(topology); }
};
using Topology = std::unique_ptr<std::remove_pointer_t<hwloc_topology_t>, DestroyTopology>;

Topology load_topology() {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) throw RunError("hwloc: cannot create a topology");
  Topology topology(raw);
  if (hwloc_topology_load(raw) != 0) throw RunError("hwloc: cannot read the topology");
  return topology;
}

hwloc_obj_t node_of(hwloc_topology_t topology, int os_index) {
  return hwloc_get_numanode_obj_by_os_index(topology, static_cast<unsigned>(os_index));
}

void set_attribute(hwloc_topology_t topology, hwloc_memattr_id_t attribute, const NumaPair& pair,
                   double value) {
  hwloc_obj_t cores = node_of(topology, pair.cpu_node);
  hwloc_obj_t memory = node_of(topology, pair.memory_node);
  if (cores == nullptr || memory == nullptr)
    throw RunError(fmt::format("hwloc: no NUMA node {} or {}", pair.cpu_node, pair.memory_node));
  hwloc_location initiator{};
  initiator.type = HWLOC_LOCATION_TYPE_CPUSET;
  initiator.location.cpuset = cores->cpuset;
  if (hwloc_memattr_set_value(topology, attribute, memory, &initiator, 0,
                              static_cast<hwloc_uint64_t>(std::llround(value))) != 0)
    throw RunError(fmt::format("hwloc: cannot set a memory attribute: {}", std::strerror(errno)));
}

}  // namespace

std::string bind_to_node(const MappedBuffer& buffer, int memory_node) {
  const Topology topology = load_topology();
  hwloc_obj_t node = node_of(topology.get(), memory_node);
  if (node == nullptr) return fmt::format("hwloc knows no NUMA node {}", memory_node);
  const int result =
      hwloc_set_area_membind(topology.get(), buffer.data(), to_size(buffer.size()), node->nodeset,
                             HWLOC_MEMBIND_BIND, HWLOC_MEMBIND_STRICT | HWLOC_MEMBIND_BYNODESET);
  if (result == 0) return {};
  return fmt::format("memory cannot be bound to NUMA node {}: {}", memory_node,
                     std::strerror(errno));
}

double fraction_on_node(const MappedBuffer& buffer, int memory_node) {
  const Topology topology = load_topology();
  const std::size_t page = 4096, step = 64 * page;
  int seen = 0, there = 0;
  hwloc_bitmap_t where = hwloc_bitmap_alloc();
  for (std::size_t offset = 0; offset < to_size(buffer.size()); offset += step) {
    hwloc_bitmap_zero(where);
    if (hwloc_get_area_memlocation(topology.get(), buffer.data() + offset, 1, where,
                                   HWLOC_MEMBIND_BYNODESET) != 0 ||
        hwloc_bitmap_iszero(where))
      continue;
    ++seen;
    there += hwloc_bitmap_isset(where, static_cast<unsigned>(memory_node)) != 0 ? 1 : 0;
  }
  hwloc_bitmap_free(where);
  return seen == 0 ? -1 : static_cast<double>(there) / seen;
}

void export_numa_matrix(std::span<const NumaPair> pairs, const std::filesystem::path& file) {
  const Topology topology = load_topology();
  for (const NumaPair& pair : pairs) {
    set_attribute(topology.get(), HWLOC_MEMATTR_ID_BANDWIDTH, pair,
                  pair.bandwidth.value() / 1048576);
    set_attribute(topology.get(), HWLOC_MEMATTR_ID_LATENCY, pair, pair.latency.value() * 1e9);
  }
  if (hwloc_topology_export_xml(topology.get(), file.c_str(), 0) != 0)
    throw RunError(fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
}

}  // namespace assay::memory
