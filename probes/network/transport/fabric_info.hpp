#pragma once
/// @file
/// What libfabric offers on this host, its objects' owners, and its errors.

#include <rdma/fabric.h>

#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "probes/network/transport/fabric.hpp"
#include "probes/network/transport/fabric_library.hpp"

namespace assay::network {

struct FreeFabricInfo {
  void operator()(fi_info* info) const { fabric_library().freeinfo(info); }
};
using FabricInfo = std::unique_ptr<fi_info, FreeFabricInfo>;

/// Closes what was opened, but not while an exception leaves the rank: operations are in flight
/// then, whose buffers are gone already, and a provider that closes may still write to them. The
/// rank's process is about to end, which frees everything but files; its supervisor removes those.
template <class Fid>
struct CloseFid {
  void operator()(Fid* object) const {
    if (std::uncaught_exceptions() == 0) fi_close(&object->fid);
  }
};
template <class Fid>
using Handle = std::unique_ptr<Fid, CloseFid<Fid>>;

/// Throws RunError when `result` is not 0.
void require_success(int result, const char* call, const std::string& provider);

/// All that this transport can use, in libfabric's order; null where there is nothing.
[[nodiscard]] FabricInfo offered_info();

[[nodiscard]] FabricPath path_of(const fi_info& info);

/// Whether a rank that sleeps on its queue is woken by a message that needs its help to move. True
/// for what moves over sockets; shm has nobody who would call.
[[nodiscard]] bool wakes_up(std::string_view provider);

}  // namespace assay::network
