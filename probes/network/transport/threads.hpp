#pragma once
/// @file
/// The in-process transport: N ranks as threads of one process. Lets collectives and workloads be
/// tested on any rank count, under thread sanitizer, without a network.

#include <functional>

#include "probes/network/transport/communicator.hpp"

namespace assay::network {

/// Runs `body` on `ranks` threads, each with its communicator (provider "threads"), and joins them.
/// The first exception of a rank is rethrown here after the others were released from their waits
/// (they see PeerLost). `hosts` > 1 spreads the ranks over that many pretended hosts, block-wise.
/// For tests.
void run_as_threads(int ranks, const std::function<void(Communicator&)>& body, int hosts = 1);

}  // namespace assay::network
