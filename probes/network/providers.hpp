#pragma once
/// @file
/// The providers of this host, asked in a child process so that libfabric stays uninitialised here
/// and reads the FI_* settings of each launch.

#include <string>
#include <vector>

#include "probes/core/units.hpp"
#include "probes/network/transport/fabric_path.hpp"

namespace assay::network {

/// In libfabric's order. Asked once per process. Throws RunError or TimedOut when libfabric fails.
[[nodiscard]] const std::vector<FabricPath>& host_paths();
/// The most that the question to libfabric may take (30 s unless said): --timeout of the command.
/// To be called before anything asks.
void limit_fabric_query(Seconds limit);

/// Throws UsageError that names FI_PROVIDER when that variable leaves libfabric nothing.
void require_any_provider();
/// Throws UsageError that lists the providers there are, when `wanted` is none of them.
void require_provider(const std::string& wanted);
/// A line per provider and device: which one is chosen inside a host and between hosts, and why.
/// Pure.
[[nodiscard]] std::string providers_table(const std::vector<FabricPath>& paths);

}  // namespace assay::network
