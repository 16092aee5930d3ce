#pragma once
/// @file
/// Removes what killed ranks leave in /dev/shm: libfabric's shm provider names its files PID:UID:N
/// and deletes them only when an endpoint is closed. A stale one can break a later start whose
/// process has the same PID.

#include <filesystem>

namespace assay::network {

/// Removes the files in `directory` that are named PID:UID:N..., belong to this user, and whose
/// process is gone. Returns how many. Never throws: what cannot be removed is somebody else's.
int remove_stale_shared_memory(const std::filesystem::path& directory = "/dev/shm");

}  // namespace assay::network
