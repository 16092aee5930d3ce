#pragma once
/// @file
/// The job of ranks that a launcher, a scheduler or the user started as processes of their own.
/// Each supervises one forked rank; the supervisors talk through the rendezvous (addresses, rows,
/// notices of failures, signs of life), the ranks through libfabric.

#include <memory>

#include "probes/network/launch/launch.hpp"
#include "probes/network/launch/process_manager.hpp"
#include "probes/network/launch/rendezvous.hpp"

namespace assay::network {

/// `manager`: kept until the job ends; none where a rendezvous was all there was.
[[nodiscard]] std::unique_ptr<Job> make_managed_job(Start start,
                                                    std::unique_ptr<ProcessManager> manager,
                                                    std::unique_ptr<Rendezvous> rendezvous,
                                                    Seconds timeout);

}  // namespace assay::network
