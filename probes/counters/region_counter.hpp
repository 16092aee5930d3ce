#pragma once
/// @file
/// FLOPs of regions from the hardware, where they can be believed.
///
///   if (const auto counted = assay::counters::count_regions(); !counted) say(counted.reason());
///
/// PAPI_DP_OPS, read at both ends of each f64 region on its own thread: some 2 us instead of 60 ns.
/// Installed only after the event has counted known additions within 2 % (self_test.hpp); else
/// regions keep what their author declared, and the reason says why.

#include <string>

#include "probes/core/outcome.hpp"
#include "probes/run/region.hpp"

namespace assay::counters {

class EventCounter;

/// The event to count f64 FLOPs with, or why none can be believed.
[[nodiscard]] Outcome<std::string> trusted_flops_event(EventCounter& counter);

/// Opens PAPI, tests it and installs the counter; gives the event's name. Call it once per process,
/// after any fork, before the first region. For users of the library.
[[nodiscard]] Outcome<std::string> count_regions();

}  // namespace assay::counters
