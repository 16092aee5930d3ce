#pragma once
/// @file
/// The result rows of a compute roof. What each metric means stands in the registry entry of
/// peak_flops.cpp.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/compute/roof.hpp"
#include "probes/compute/sustained.hpp"
#include "probes/host/probe.hpp"

namespace assay::compute {

/// The threads of one measurement, one for each core.
struct ThreadSet {
  std::string level;  ///< Empty for one core and for all; "LLC 0" for a domain of a shared cache.
  std::vector<int> pus;
};
/// One core, each domain of a last-level cache where there are several, all cores.
[[nodiscard]] std::vector<ThreadSet> thread_sets(const Machine& machine);

class RoofRows {
 public:
  RoofRows(NodeContext& context, std::string_view probe) : context_(context), probe_(probe) {}

  /// rate, clock, flops_per_cycle and chains; the outcome's status and reason stand in each.
  void put_roof(const KernelFamily& family, const ThreadSet& set, const Outcome<Roof>& roof);
  /// What the quota buys: the rate of one core, times the CPUs granted. An upper bound, since one
  /// busy core may clock higher than several.
  void put_quota_rate(const KernelFamily& family, const ThreadSet& set,
                      const Outcome<Roof>& one_core);
  /// The two theoretical peaks beside the measured one: pipes as measured, at the advertised and at
  /// the measured clock.
  void put_theoretical_peaks(const KernelFamily& family, const ThreadSet& set, const Roof& roof);
  void put_sustained(const KernelFamily& family, const ThreadSet& set, const SustainedPass& pass);
  void put_unsupported(std::string_view dtype, std::string_view isa, const NoValue& reason);

  /// More threads than CPUs granted.
  [[nodiscard]] bool exceeds_quota(const ThreadSet& set) const;
  /// Marks a roof of more threads than the quota pays for: it was throttled, and says nothing of
  /// the silicon.
  [[nodiscard]] Outcome<Roof> with_quota(Outcome<Roof> roof, const ThreadSet& set) const;

 private:
  [[nodiscard]] Record key(const KernelFamily& family, const ThreadSet& set,
                           std::string_view metric, std::string_view unit_name) const;
  void put(const Outcome<Roof>& roof, Record row, std::vector<double> values);

  NodeContext& context_;
  std::string_view probe_;
};

}  // namespace assay::compute
