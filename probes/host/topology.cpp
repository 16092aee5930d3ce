#include "probes/host/topology.hpp"

#include <fmt/format.h>
#include <hwloc.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include "probes/core/errors.hpp"
#include "probes/host/cgroup.hpp"

namespace assay {
namespace {

struct DestroyTopology {
  void operator()(hwloc_topology_t topology) const { hwloc_topology_destroy(topology); }
};
using Topology = std::unique_ptr<std::remove_pointer_t<hwloc_topology_t>, DestroyTopology>;

/// The variables that make hwloc read something else than this machine, as they are set.
std::string topology_override() {
  std::string set;
  for (const char* name : {"HWLOC_XMLFILE", "HWLOC_SYNTHETIC", "HWLOC_FSROOT", "HWLOC_CPUID_PATH",
                           "HWLOC_COMPONENTS", "HWLOC_THISSYSTEM"})
    if (const char* value = std::getenv(name))
      set += fmt::format("{}{}={}", set.empty() ? "" : ", ", name, value);
  return set.empty() ? "its plugins" : set;
}

Topology load_topology() {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) throw RunError("hwloc: cannot create a topology");
  Topology topology(raw);
  if (hwloc_topology_load(raw) != 0)
    throw RunError("hwloc: cannot read the topology of this machine");
  if (hwloc_topology_is_thissystem(raw) == 0)
    throw UsageError(fmt::format(
        "hwloc describes another machine than this one ({}); expected that to be unset, or "
        "HWLOC_THISSYSTEM=1 where it is a saved topology of this machine",
        topology_override()));
  // hwloc knows the cpuset of the container; taskset narrows this process further.
  hwloc_bitmap_t bound = hwloc_bitmap_alloc();
  if (hwloc_get_cpubind(raw, bound, HWLOC_CPUBIND_PROCESS) == 0 && !hwloc_bitmap_iszero(bound))
    hwloc_topology_restrict(raw, bound, 0);
  hwloc_bitmap_free(bound);
  return topology;
}

std::vector<int> pus_of(hwloc_const_bitmap_t set) {
  std::vector<int> pus;
  for (int pu = hwloc_bitmap_first(set); pu >= 0; pu = hwloc_bitmap_next(set, pu))
    pus.push_back(pu);
  return pus;
}

std::vector<hwloc_obj_t> objects(hwloc_topology_t topology, hwloc_obj_type_t type) {
  std::vector<hwloc_obj_t> found;
  for (hwloc_obj_t object = nullptr;
       (object = hwloc_get_next_obj_by_type(topology, type, object)) != nullptr;)
    found.push_back(object);
  return found;
}

std::vector<Cache> read_caches(hwloc_topology_t topology) {
  constexpr std::array types{HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L3CACHE,
                             HWLOC_OBJ_L4CACHE};
  std::vector<Cache> caches;
  for (std::size_t i = 0; i < types.size(); ++i)
    for (hwloc_obj_t object : objects(topology, types[i]))
      if (object->attr->cache.size > 0)
        caches.push_back(
            {static_cast<int>(i) + 1, bytes_of(object->attr->cache.size), pus_of(object->cpuset)});
  return caches;
}

std::vector<int> read_cores(hwloc_topology_t topology) {
  std::vector<int> first_pus;
  for (hwloc_obj_t core : objects(topology, HWLOC_OBJ_CORE))
    first_pus.push_back(hwloc_bitmap_first(core->cpuset));
  // Some virtual machines show PUs without cores.
  if (first_pus.empty()) first_pus = pus_of(hwloc_get_root_obj(topology)->cpuset);
  std::sort(first_pus.begin(), first_pus.end());
  return first_pus;
}

std::vector<std::vector<int>> group_by_llc(const Machine& machine) {
  const int level = machine.last_cache_level();
  std::map<const Cache*, std::vector<int>> groups;
  for (int pu : machine.one_pu_per_core) groups[machine.cache(level, pu)].push_back(pu);
  std::vector<std::vector<int>> domains;
  for (auto& [cache, pus] : groups) domains.push_back(std::move(pus));
  std::sort(domains.begin(), domains.end());
  return domains;
}

std::string read_cpu_model(hwloc_topology_t topology) {
  for (hwloc_obj_t object : {hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PACKAGE, nullptr),
                             hwloc_get_root_obj(topology)})
    if (object != nullptr)
      if (const char* model = hwloc_obj_get_info_by_name(object, "CPUModel")) return model;
  return "unknown";
}

/// MemAvailable: what can be used without pushing others to swap.
Bytes memory_available() {
  std::ifstream in("/proc/meminfo");
  std::string line;
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string name;
    double kib = 0;
    if (fields >> name >> kib && name == "MemAvailable:") return Bytes(kib * 1024);
  }
  return Bytes(static_cast<double>(sysconf(_SC_AVPHYS_PAGES)) *
               static_cast<double>(sysconf(_SC_PAGESIZE)));
}

}  // namespace

double Machine::usable_cores() const {
  const auto cores = static_cast<double>(one_pu_per_core.size());
  return cpu_quota ? std::min(cores, *cpu_quota) : cores;
}

const Cache* Machine::cache(int level, int pu) const {
  for (const Cache& candidate : caches)
    if (candidate.level == level &&
        std::find(candidate.pus.begin(), candidate.pus.end(), pu) != candidate.pus.end())
      return &candidate;
  return nullptr;
}

int Machine::last_cache_level() const {
  int level = 0;
  for (const Cache& cache : caches) level = std::max(level, cache.level);
  return level;
}

Bytes Machine::llc_total() const {
  Bytes total(0);
  for (const Cache& cache : caches)
    if (cache.level == last_cache_level()) total += cache.size;
  return total;
}

Machine discover_machine() {
  const Topology topology = load_topology();
  Machine machine;
  machine.cpu_model = read_cpu_model(topology.get());
  machine.packages =
      std::max(1, static_cast<int>(objects(topology.get(), HWLOC_OBJ_PACKAGE).size()));
  machine.allowed_pus = pus_of(hwloc_get_root_obj(topology.get())->cpuset);
  machine.one_pu_per_core = read_cores(topology.get());
  machine.caches = read_caches(topology.get());
  machine.llc_domains = group_by_llc(machine);
  for (hwloc_obj_t node : objects(topology.get(), HWLOC_OBJ_NUMANODE)) {
    machine.numa_nodes.push_back({static_cast<int>(node->os_index),
                                  bytes_of(node->attr->numanode.local_memory),
                                  pus_of(node->cpuset)});
    machine.memory_total += machine.numa_nodes.back().memory;
  }
  const CgroupLimits limits = read_cgroup_limits();
  machine.cpu_quota = limits.cpus;
  machine.memory_cap = memory_available();
  if (machine.memory_total > Bytes(0))
    machine.memory_cap = std::min(machine.memory_cap, machine.memory_total);
  if (limits.memory_left) machine.memory_cap = std::min(machine.memory_cap, *limits.memory_left);
  return machine;
}

bool pin_this_thread(int pu) {
  return pin_this_thread(std::vector{pu});
}

bool pin_this_thread(const std::vector<int>& pus) {
  // Sized to the PUs, since cpu_set_t ends at 1024.
  const int last = pus.empty() ? 0 : *std::max_element(pus.begin(), pus.end());
  cpu_set_t* set = CPU_ALLOC(static_cast<std::size_t>(last) + 1);
  const std::size_t size = CPU_ALLOC_SIZE(static_cast<std::size_t>(last) + 1);
  CPU_ZERO_S(size, set);
  for (const int pu : pus) CPU_SET_S(static_cast<std::size_t>(pu), size, set);
  const bool pinned = sched_setaffinity(0, size, set) == 0;
  CPU_FREE(set);
  return pinned;
}

}  // namespace assay
