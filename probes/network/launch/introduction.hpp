#pragma once
/// @file
/// How the processes of a job find each other: through the launcher's process manager, or at an
/// address that all were given.

#include <functional>
#include <memory>
#include <string>

#include "probes/network/launch/process_manager.hpp"
#include "probes/network/launch/rendezvous.hpp"

namespace assay::network {

/// For a line to the user while ranks are missing.
using Tell = std::function<void(const std::string&)>;

/// Rank 0 listens where the others' hosts reach it and nowhere else; the process manager carries
/// its address and a random key to them, and is left then.
[[nodiscard]] std::unique_ptr<Rendezvous> introduce(ProcessManager& manager, Seconds patience,
                                                    const Tell& tell);

/// All were given the address of rank 0; the key is theirs already. Throws UsageError where rank 0
/// runs on a host without that address.
[[nodiscard]] std::unique_ptr<Rendezvous> meet_at(const HostPort& at, int rank, int size,
                                                  JobKey key, Seconds patience, const Tell& tell);

}  // namespace assay::network
