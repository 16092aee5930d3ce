#pragma once
/// @file
/// The ways through libfabric that a host offers, and the choice among them. Pure: fabric.cpp asks
/// libfabric.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace assay::network {

/// One way: a provider on one device.
struct FabricPath {
  std::string provider;  ///< As libfabric names it: "tcp;ofi_rxm", "net", "shm", "verbs;ofi_rxm".
  std::string
      fabric;  ///< The network it reaches, e.g. "10.0.0.0/24"; ranks with an equal one meet.
  std::string domain;              ///< The device, e.g. "eth0".
  std::string version;             ///< Of the provider, e.g. "117.0".
  std::size_t inject_size = 0;     ///< Largest message sent without a completion, in bytes.
  double megabits_per_second = 0;  ///< What the kernel says of the device; 0: unknown.

  [[nodiscard]] bool is_loopback() const;
  /// IPv6 fe80::/64: its addresses do not say which device they are meant for.
  [[nodiscard]] bool is_link_local() const;
};

/// True when the user's name for a provider means this one: the whole name, or the part before ";".
[[nodiscard]] bool provider_matches(std::string_view provider, std::string_view wanted);

/// Best first, with the ways that cannot connect these ranks left out. Inside one host: shm, then
/// the rest over loopback. Between hosts: verbs, efa, cxi, psm before net or tcp (its native RDM
/// form) before tcp;ofi_rxm; among equal ones the faster device. `wanted`: only that provider;
/// empty: any.
[[nodiscard]] std::vector<FabricPath> ranked_paths(std::vector<FabricPath> paths, bool one_host,
                                                   std::string_view wanted);
/// Why ranked_paths puts a provider where it does, in a few words.
[[nodiscard]] std::string preference_reason(std::string_view provider, bool one_host);

/// What all ranks use: the first of rank 0's ways whose provider and fabric every rank has; else
/// the first whose provider every rank has (`fabric` is then empty: routed). Throws UsageError that
/// names what there is when `wanted` is not available everywhere, RunError when nothing is.
/// @pre each rank's list is ranked
struct PathChoice {
  std::string provider;
  std::string fabric;
};
[[nodiscard]] PathChoice choose_path(const std::vector<std::vector<FabricPath>>& of_ranks,
                                     std::string_view wanted);

/// For the exchange between ranks: the best ones, as many as fit `limit` bytes.
[[nodiscard]] std::string encode_paths(const std::vector<FabricPath>& paths, std::size_t limit);
[[nodiscard]] std::vector<FabricPath> decode_paths(std::string_view text);

}  // namespace assay::network
