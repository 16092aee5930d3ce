#pragma once
/// @file
/// From what each rank says of its host to where each rank lives and which core it gets. Pure but
/// for allowed_pus_now().

#include <string>
#include <string_view>
#include <vector>

#include "probes/network/transport/communicator.hpp"

namespace assay::network {

/// What a rank tells the others when it joins.
struct RankHome {
  std::string host;
  int pid = 0;
  std::vector<int> bound;  ///< PUs the launcher left it, by OS index.
  std::vector<int> cores;  ///< One PU per core of the host.
  std::string machine;     ///< The kernel it runs on: containers with names of their own share one.
};

[[nodiscard]] std::string encode(const RankHome& home);
[[nodiscard]] RankHome decode_home(std::string_view text);

/// PUs this thread may run on now, ascending.
[[nodiscard]] std::vector<int> allowed_pus_now();

/// Identifies the running kernel (its boot_id); the host's name where that cannot be read.
[[nodiscard]] std::string machine_identity();

/// Nodes in order of first rank. A launcher that bound the ranks of a host apart from each other is
/// obeyed; else ranks take the cores of the host in turn, more ranks than cores sharing them. Hosts
/// of one machine (containers, network namespaces) take different cores while there are enough;
/// else none of their ranks is pinned: two hosts nailed to one core would look like a slow link.
[[nodiscard]] std::vector<Place> place_ranks(const std::vector<RankHome>& homes);
/// Any host with more of the first `ranks` ranks than cores.
[[nodiscard]] bool is_oversubscribed(const std::vector<RankHome>& homes, int ranks);
/// Some ranks have no core of their own to wait on, so that waiting must give the core away.
[[nodiscard]] bool has_unpinned(const std::vector<Place>& places);
/// The rank that tells the user that `lost` is gone: rank 0, which writes, or when that is the lost
/// one the first rank of another host, or of its own when there is no other. @pre two ranks or more
[[nodiscard]] int spokesman(const std::vector<Place>& places, int lost);

}  // namespace assay::network
