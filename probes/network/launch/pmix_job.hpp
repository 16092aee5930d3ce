#pragma once
/// @file
/// The job of a PMIx launcher (mpirun, srun --mpi=pmix). Each process the launcher started
/// supervises one forked rank; the supervisors talk through PMIx (put, commit, fence, events), the
/// ranks through libfabric.

#include <memory>

#include "probes/network/launch/launch.hpp"

namespace assay::network {

[[nodiscard]] bool is_built_with_pmix();
/// Nothing when no PMIx server answers. Throws RunError when one answers wrongly, TimedOut when not
/// all ranks are there within `timeout`.
[[nodiscard]] std::unique_ptr<Job> make_pmix_job(Seconds timeout);

}  // namespace assay::network
