#pragma once
/// @file
/// The machine as this process may use it: allowed processing units, caches, memory, quota.
///
/// From hwloc, restricted to the cpuset of this process; never 0..n-1, which is wrong in a
/// container. PUs are named by OS index. Quota and memory cap come from cgroup v2 or v1, whichever
/// rules here.

#include <optional>
#include <string>
#include <vector>

#include "probes/core/units.hpp"

namespace assay {

/// A data or unified cache, as the operating system advertises it. The effective size may be
/// smaller: memory.latency measures it.
struct Cache {
  int level;  ///< 1, 2, 3, ...
  Bytes size;
  std::vector<int> pus;  ///< Allowed PUs that share it, by OS index.
};

struct NumaNode {
  int os_index;
  Bytes memory;
  std::vector<int> pus;  ///< Allowed PUs near it; may be empty (memory-only node).
};

struct Machine {
  std::string cpu_model;
  int packages = 1;
  std::vector<int> allowed_pus;               ///< Every PU this process may run on, ascending.
  std::vector<int> one_pu_per_core;           ///< The first allowed PU of each core, ascending.
  std::vector<std::vector<int>> llc_domains;  ///< one_pu_per_core grouped by last-level cache.
  std::vector<Cache> caches;  ///< By level, then by first PU. Empty when hwloc knows none.
  std::vector<NumaNode> numa_nodes;
  std::optional<double> cpu_quota;  ///< CPUs' worth of time that cpu.max grants; none: unlimited.
  Bytes memory_total;
  Bytes memory_cap;  ///< The smallest of total, cgroup limit and available now.

  /// Cores that can really be busy at once: min(cores, quota).
  [[nodiscard]] double usable_cores() const;
  /// Of the data cache of that level nearest to `pu`; nothing when unknown.
  [[nodiscard]] const Cache* cache(int level, int pu) const;
  [[nodiscard]] int last_cache_level() const;
  /// Sum of the distinct last-level caches. 0 B when unknown.
  [[nodiscard]] Bytes llc_total() const;
};

/// Reads it afresh (costs some 10 ms). Throws RunError if hwloc fails.
[[nodiscard]] Machine discover_machine();
/// The parsing of cgroup files, pure: "150000 100000" -> 1.5; "max 100000" -> nothing.
[[nodiscard]] std::optional<double> parse_cpu_max(const std::string& text);

/// Binds the calling thread to one PU (OS index). False, with errno set, when it is not allowed.
bool pin_this_thread(int pu);
/// To several: it may move among them.
bool pin_this_thread(const std::vector<int>& pus);

}  // namespace assay
