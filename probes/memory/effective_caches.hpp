#pragma once
/// @file
/// The caches as one core finds them: the levels that bandwidths are measured in.
///
/// A set must lie in the level it is named after, and the operating system may advertise more than
/// there is: a guest of a shared host sees the host's whole last level (seen: 32 MiB advertised, a
/// knee at 8 MiB). A short sweep of random chases, 16 KiB to twice the last level, finds the knees
/// (latency_knee.hpp); a level whose knee lies more than one step of the sweep below what is
/// advertised is planned with the knee. Not measured: caches of cores other than the first, and
/// what neighbours take later.

#include <span>
#include <vector>

#include "probes/core/outcome.hpp"
#include "probes/core/profile.hpp"
#include "probes/host/topology.hpp"
#include "probes/memory/latency_knee.hpp"

namespace assay::memory {

inline constexpr Bytes smallest_set = 16_KiB;  ///< Of the sweeps: it lies in any first level.

/// The knees that core `pu` finds, at most half of the memory cap being used; measured once for
/// each core of a process. Empty when no cache is advertised: a rise has no name then.
[[nodiscard]] const std::vector<CacheKnee>& cache_knees(const Machine& machine, int pu,
                                                        Profile profile);

/// Points for each doubling of the set.
[[nodiscard]] int knee_points_per_octave(Profile profile);

/// The machine with every cache of a level as small as that level's knee, where the knee lies more
/// than a step of `per_octave` points below the advertised size. Pure.
[[nodiscard]] Machine with_effective_caches(Machine machine, const std::vector<CacheKnee>& knees,
                                            int per_octave);

/// cache_set_per_thread with the level as it is found, beyond the level below as advertised. Where
/// no set fits so but one does in the advertised caches, that one, untrusted: part of it may lie
/// farther out. @pre found = with_effective_caches(advertised, ...)
[[nodiscard]] Outcome<Bytes> cache_set_as_found(const Machine& advertised, const Machine& found,
                                                int level, std::span<const int> pus);

}  // namespace assay::memory
