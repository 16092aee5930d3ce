#pragma once
/// @file
/// How many bytes each thread streams over so that the data live in one level of the hierarchy.
///
///   first level       50 % of the thread's share
///   a middle level    50 % of the thread's share, and at least 1.5 times its share of the level
///   below the last level    twice its share of the level below, at most 50 % of its share of the
///   *effective* size DRAM              4 times the last-level caches of the domains in use and at
///   least 1 GiB in all, at
///                     most 60 % of the memory cap
/// A thread's share of a cache is its size over the number of threads in use that share it.
/// Source: STREAM's rule (four times the last-level cache); effective sizes: effective_caches.hpp.
/// DRAM goes by the advertised ones.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "probes/core/outcome.hpp"
#include "probes/core/units.hpp"
#include "probes/host/topology.hpp"

namespace assay::memory {

/// Fraction of the memory cap that all buffers of a probe together may take.
inline constexpr double memory_fraction = 0.60;

/// "L1", "L2", ... : one per cache level that hwloc knows, ascending.
[[nodiscard]] std::vector<int> cache_levels(const Machine& machine);
[[nodiscard]] std::string level_name(int level);
/// Whether the level `near` lies nearer to the core than `far`: DRAM is beyond every cache. False
/// where one is no level but a set between two.
[[nodiscard]] bool is_nearer(std::string_view near, std::string_view far);

/// Bytes of the set of *each* thread, when `pus` are all in use, in the caches of `machine` (made
/// as small as they are by with_effective_caches). Unsupported, with the reason, when the level is
/// unknown or no set fits between the level below and half of this one.
[[nodiscard]] Outcome<Bytes> cache_set_per_thread(const Machine& machine, int level,
                                                  std::span<const int> pus);

/// The same for DRAM. Untrusted below four times the last-level caches (memory cap) or when hwloc
/// knows no cache; unsupported below 1.5 times them, because the figure would be a cache's.
[[nodiscard]] Outcome<Bytes> dram_set_per_thread(const Machine& machine, std::span<const int> pus);

/// Last-level caches that at least one of `pus` uses. 0 B when unknown.
[[nodiscard]] Bytes last_level_total(const Machine& machine, std::span<const int> pus);

}  // namespace assay::memory
