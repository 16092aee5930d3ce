#pragma once
// Invented machines for the tests of this component.

#include <numeric>
#include <vector>

#include "probes/host/topology.hpp"

namespace assay::memory::testing {

/// Cores 0..cores-1, private L1 and L2, one last-level cache for every `per_domain` cores.
inline Machine machine_with(int cores, int per_domain, Bytes l1, Bytes l2, Bytes l3, Bytes cap) {
  Machine machine;
  machine.cpu_model = "invented";
  machine.memory_total = cap;
  machine.memory_cap = cap;
  machine.allowed_pus.resize(static_cast<std::size_t>(cores));
  std::iota(machine.allowed_pus.begin(), machine.allowed_pus.end(), 0);
  machine.one_pu_per_core = machine.allowed_pus;
  for (int pu = 0; pu < cores; ++pu) machine.caches.push_back({1, l1, {pu}});
  for (int pu = 0; pu < cores; ++pu) machine.caches.push_back({2, l2, {pu}});
  for (int first = 0; first < cores; first += per_domain) {
    std::vector<int> domain(static_cast<std::size_t>(per_domain));
    std::iota(domain.begin(), domain.end(), first);
    machine.caches.push_back({3, l3, domain});
    machine.llc_domains.push_back(domain);
  }
  machine.numa_nodes.push_back({0, cap, machine.allowed_pus});
  return machine;
}

inline Machine server() {
  return machine_with(4, 4, 48_KiB, 2_MiB, 32_MiB, 64_GiB);
}
inline const std::vector<int> one_pu{0}, all_pus{0, 1, 2, 3};

}  // namespace assay::memory::testing
