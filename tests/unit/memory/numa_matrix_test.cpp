#include "probes/memory/numa_matrix.hpp"

#include <gtest/gtest.h>
#include <hwloc.h>
#include <hwloc/memattrs.h>
#include <unistd.h>

#include <cstring>

#include "probes/core/errors.hpp"
#include "probes/host/topology.hpp"

namespace assay::memory {
namespace {

TEST(NumaMatrix, ComesBackFromTheExportedTopology) {
  const Machine machine = discover_machine();
  if (machine.numa_nodes.empty()) GTEST_SKIP() << "hwloc knows no NUMA node";
  const int node = machine.numa_nodes.front().os_index;
  const auto file = std::filesystem::path(::testing::TempDir()) /
                    ("numa_matrix_" + std::to_string(getpid()) + ".xml");
  const std::vector<NumaPair> pairs{{node, node, BytesPerSecond(1000 * 1048576.0), Seconds(87e-9)}};
  export_numa_matrix(pairs, file);

  hwloc_topology_t topology = nullptr;
  ASSERT_EQ(hwloc_topology_init(&topology), 0);
  ASSERT_EQ(hwloc_topology_set_xml(topology, file.c_str()), 0);
  ASSERT_EQ(hwloc_topology_load(topology), 0);
  hwloc_obj_t object = hwloc_get_numanode_obj_by_os_index(topology, static_cast<unsigned>(node));
  hwloc_location initiator{};
  initiator.type = HWLOC_LOCATION_TYPE_CPUSET;
  initiator.location.cpuset = object->cpuset;
  hwloc_uint64_t value = 0;
  ASSERT_EQ(
      hwloc_memattr_get_value(topology, HWLOC_MEMATTR_ID_BANDWIDTH, object, &initiator, 0, &value),
      0);
  EXPECT_EQ(value, 1000u);
  ASSERT_EQ(
      hwloc_memattr_get_value(topology, HWLOC_MEMATTR_ID_LATENCY, object, &initiator, 0, &value),
      0);
  EXPECT_EQ(value, 87u);
  hwloc_topology_destroy(topology);
  std::filesystem::remove(file);
}

TEST(NumaMatrix, AnUnwritableFileAndAnUnknownNodeAreSaid) {
  EXPECT_THROW(export_numa_matrix({}, "/nonexistent/folder/x.xml"), RunError);
  const std::vector<NumaPair> pairs{{4711, 4711, BytesPerSecond(1), Seconds(1)}};
  EXPECT_THROW(export_numa_matrix(pairs, "/tmp/never.xml"), RunError);
  const MappedBuffer buffer(2_MiB, Pages::huge);
  EXPECT_NE(bind_to_node(buffer, 4711), "");
}

TEST(NumaMatrix, BoundPagesLieOnTheirNode) {
  const Machine machine = discover_machine();
  if (machine.numa_nodes.empty()) GTEST_SKIP() << "hwloc knows no NUMA node";
  const int node = machine.numa_nodes.front().os_index;
  const MappedBuffer buffer(2_MiB, Pages::huge);
  if (const std::string refusal = bind_to_node(buffer, node); !refusal.empty())
    GTEST_SKIP() << refusal;
  std::memset(buffer.data(), 1, to_size(buffer.size()));
  const double placed = fraction_on_node(buffer, node);
  if (placed < 0) GTEST_SKIP() << "the kernel does not tell where pages lie";
  EXPECT_EQ(placed, 1);
}

}  // namespace
}  // namespace assay::memory
