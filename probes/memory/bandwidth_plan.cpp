#include "probes/memory/bandwidth_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::memory {
namespace {

// 1, 2, 4, ... below `cores`, then `cores`.
std::vector<std::size_t> doubling(std::size_t cores) {
  std::vector<std::size_t> counts;
  for (std::size_t n = 1; n < cores; n *= 2) counts.push_back(n);
  counts.push_back(cores);
  return counts;
}

void add_unless_known(std::vector<ThreadGroup>& groups, ThreadGroup group) {
  const bool known =
      std::ranges::any_of(groups, [&](const ThreadGroup& other) { return other.pus == group.pus; });
  if (!known && !group.pus.empty()) groups.push_back(std::move(group));
}

bool stores_beside_loads(StreamOperation operation) {
  return operation == StreamOperation::write || operation == StreamOperation::copy ||
         operation == StreamOperation::triad;
}

}  // namespace

std::vector<int> busy_pus(const Machine& machine) {
  std::vector<int> pus = machine.one_pu_per_core;
  const auto usable = static_cast<std::size_t>(std::max(1.0, machine.usable_cores()));
  if (pus.size() > usable) pus.resize(usable);
  return pus;
}

std::vector<ThreadGroup> thread_groups(const Machine& machine, Profile profile) {
  const std::vector<int> all = busy_pus(machine);
  std::vector<ThreadGroup> groups{{all, ""}};
  if (all.empty()) return {};
  add_unless_known(groups, {{all.front()}, ""});
  if (profile == Profile::quick) return groups;
  const bool one_domain = machine.llc_domains.size() <= 1;
  const bool has_quota = all.size() < machine.one_pu_per_core.size();
  if (one_domain || has_quota) {
    for (std::size_t n : doubling(all.size()))
      add_unless_known(groups, {{all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n)}, ""});
    return groups;
  }
  for (std::size_t d = 0; d < machine.llc_domains.size(); ++d) {
    const std::vector<int>& domain = machine.llc_domains[d];
    for (std::size_t n : d == 0 ? doubling(domain.size()) : std::vector{domain.size()})
      add_unless_known(groups, {{domain.begin(), domain.begin() + static_cast<std::ptrdiff_t>(n)},
                                fmt::format("llc{}", d)});
  }
  return groups;
}

std::vector<StreamKernel> kernels_for(bool dram, Profile profile) {
  std::vector<StreamKernel> kernels;
  for (StreamOperation operation : all_stream_operations) {
    const bool wanted = profile != Profile::quick || operation == StreamOperation::read ||
                        operation == StreamOperation::triad;
    if (!wanted) continue;
    kernels.push_back({operation, Stores::normal});
    if (!dram || !stores_beside_loads(operation)) continue;
    if (profile != Profile::quick) kernels.push_back({operation, Stores::prefetched});
    kernels.push_back({operation, Stores::non_temporal});
  }
  return kernels;
}

SampleOptions bandwidth_sampling(Profile profile) {
  SampleOptions options;
  options.time_cap = by_profile(profile, 150_ms, 500_ms, 2_s);
  options.warmup_cap = by_profile(profile, 60_ms, 200_ms, 500_ms);
  return options;
}

}  // namespace assay::memory
