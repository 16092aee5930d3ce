#pragma once
/// @file
/// Where numbers came from: everything about this host, build and environment that could change
/// them. The result is one JSON object per host in run.json, and what the gate compares before it
/// compares times.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "probes/host/topology.hpp"

namespace assay {

/// CPU model, kernel, governor, THP, SMT, NUMA balancing, cpuset, cgroup limits, swap, hypervisor,
/// caches, memory, compiler and flags, library versions, FI_* and OMP_* (and kin) environment. A
/// thing that cannot be read is null, never guessed.
[[nodiscard]] nlohmann::json host_fingerprint(const Machine& machine);

/// Version, git commit, build type, compiler, flags: known at build time.
[[nodiscard]] nlohmann::json build_fingerprint();

/// Lets a component add its own part (providers, BLAS core, PAPI components): one call per
/// component, before main.
bool add_fingerprint_part(const std::string& key, nlohmann::json (*part)());

/// CPU time of this machine since boot, from /proc/stat, in ticks summed over all CPUs.
struct CpuTicks {
  unsigned long long busy = 0, idle = 0, steal = 0;
  [[nodiscard]] unsigned long long total() const { return busy + idle + steal; }
};
/// Fraction of the time between two readings that the hypervisor gave to others. 0 for no time at
/// all.
[[nodiscard]] double steal_fraction(const CpuTicks& before, const CpuTicks& after);

}  // namespace assay
