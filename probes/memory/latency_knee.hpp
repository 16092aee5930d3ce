#pragma once
/// @file
/// Cache sizes as the latency curve shows them, beside those the operating system advertises.
///
/// Between two levels the latency of a random chase rises from one plateau to the next. The
/// effective size of a level is the set size at which that rise begins in earnest: the lower end of
/// the steepest step
///   slope = (ln t2 - ln t1) / (ln s2 - ln s1)
/// among the sizes where this level can end and where the slope grows (behind an end it only
/// falls). A guest of a shared host finds its share of the last level. Source: lmbench `cache`, and
/// the knee rule of the roofline toolkits; here compared with hwloc. Precision: one step of the
/// sweep. A level whose steepest slope is below 0.15 has no knee.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "probes/core/units.hpp"
#include "probes/host/topology.hpp"

namespace assay::memory {

struct LatencyPoint {
  Bytes set;
  Seconds time;
};

struct CacheKnee {
  int level;         ///< 1, 2, 3: in the order found when nothing is advertised.
  Bytes advertised;  ///< 0 B when hwloc knows none.
  Bytes effective;
  Seconds plateau;  ///< Median latency of the sets that lie in it.
};

inline constexpr double least_slope = 0.15;

/// One knee per advertised level whose end the sweep shows; with nothing advertised, one per rise
/// of at least 30 % that stands out. @param points ascending in size
[[nodiscard]] std::vector<CacheKnee> find_knees(std::span<const LatencyPoint> points,
                                                std::span<const Bytes> advertised);

/// Advertised size of each level as one core sees it.
[[nodiscard]] std::vector<Bytes> advertised_sizes(const Machine& machine, int pu);

/// Name of the level a set of that size lies in: "L2" when it is at least 1.5 times the level below
/// and at most 0.75 of this one; "DRAM" from 4 times the last level on; empty between, where levels
/// mix.
[[nodiscard]] std::string level_of_set(std::span<const CacheKnee> knees, Bytes set);

/// Sizes from `smallest` to at most `largest`, `per_octave` for each doubling, whole lines.
[[nodiscard]] std::vector<Bytes> sweep_sizes(Bytes smallest, Bytes largest, int per_octave);

}  // namespace assay::memory
