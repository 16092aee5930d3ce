#pragma once
/// @file
/// Waiting without spinning, for ranks that sit out a measurement: a spinning neighbour takes
/// memory bandwidth, turbo and, with SMT, half a core from those that are measured.

#include "probes/network/communicator.hpp"

namespace assay::network {

/// A barrier whose early comers sleep (up to 1 ms late) and have no deadline: the others may
/// measure for minutes. A lost rank still ends it. Not for timing.
void sleep_until_all_are_here(Communicator& communicator);

}  // namespace assay::network
