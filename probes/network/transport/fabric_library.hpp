#pragma once
/// @file
/// libfabric's shared library, loaded when a rank or a listing first needs it.
///
/// Not linked, because the constructors of the providers it brings are costly and intrusive: with
/// libfabric 1.17, libinfinipath calibrates a clock for 0.2 s and installs handlers that end the
/// program with exit code 1, this program's "regression", on SIGINT and SIGTERM. A report or a plan
/// needs none of it, and works where no libfabric is installed.

#include <rdma/fabric.h>

namespace assay::network {

/// The functions that libfabric exports and this program uses; all others are reached through the
/// objects they return.
struct FabricLibrary {
  decltype(&fi_getinfo) getinfo;
  decltype(&fi_freeinfo) freeinfo;
  decltype(&fi_dupinfo) dupinfo;
  decltype(&fi_fabric) fabric;
  decltype(&fi_strerror) strerror;
  decltype(&fi_version) version;
};

/// Loads it with the first call, which leaves this process's signal handlers as they were; forked
/// ranks inherit it. Does not initialise libfabric: no setting is read yet. Throws RunError, naming
/// what could not be loaded.
[[nodiscard]] const FabricLibrary& fabric_library();

}  // namespace assay::network
