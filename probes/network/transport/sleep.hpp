#pragma once
/// @file
/// Waiting without spinning, for ranks that sit out a measurement: a spinning neighbour takes
/// memory bandwidth, turbo and, with SMT, half a core from those that are measured.

#include "probes/network/transport/communicator.hpp"

namespace assay::network {

/// A barrier whose early comers sleep (up to 1 ms late) and have no deadline: the others may
/// measure for minutes. A lost rank still ends it. Not for timing.
void sleep_until_all_are_here(Communicator& communicator);

/// Sleeps until `instant` of this host's clock (probes/core/clock.hpp): in intervals that grow from
/// 20 us to 2 ms, because messages that are under way move only between them, and awake but
/// yielding for the last 150 us, because a kernel wakes sleepers that late. Late by a few
/// microseconds on a free core, and by little more where tens of ranks share one: for compute that
/// is a calibrated wait.
void sleep_until(Communicator& communicator, Seconds instant);

/// Some ranks have no core of their own: those of several hosts that are one machine (containers,
/// network namespaces), or more ranks than cores. One that spins is then in another's way.
[[nodiscard]] bool share_cores(const Communicator& communicator);

}  // namespace assay::network
