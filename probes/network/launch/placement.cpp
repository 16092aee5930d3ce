#include "probes/network/launch/placement.hpp"
#include "probes/core/host_name.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>

#include <algorithm>
#include <cassert>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "probes/host/topology.hpp"

namespace assay::network {

namespace {

std::vector<int> numbers_of(std::istringstream& in) {
  std::size_t count = 0;
  in >> count;
  std::vector<int> numbers(count);
  for (int& number : numbers) in >> number;
  return numbers;
}

bool are_apart(const std::vector<const RankHome*>& ranks) {
  std::set<int> taken;
  for (const RankHome* rank : ranks) {
    if (rank->bound.empty()) return false;
    for (const int pu : rank->bound)
      if (!taken.insert(pu).second) return false;
  }
  return true;
}

/// The cores that the launcher left a rank for itself, one PU of each.
std::vector<int> bound_cores(const RankHome& home) {
  std::set<int> pus = {home.bound.front()};
  for (const int pu : home.bound)
    if (std::ranges::find(home.cores, pu) != home.cores.end()) pus.insert(pu);
  return {pus.begin(), pus.end()};
}

/// Moves ranks of other hosts of the same machine to cores nobody has; false when there are none
/// left.
bool separate_hosts(const std::vector<RankHome>& homes, const std::vector<std::size_t>& ranks,
                    std::vector<Place>& places) {
  std::map<int, int> node_on;  // By PU.
  for (const std::size_t rank : ranks) {
    Place& place = places[rank];
    const auto is_free = [&](int pu) {
      const auto taken = node_on.find(pu);
      return taken == node_on.end() || taken->second == place.node;
    };
    if (!is_free(place.pu)) {
      const std::vector<int>& cores = homes[rank].cores;
      // A core of its own rather than one that a rank of the same host has.
      auto free = std::ranges::find_if(cores, [&](int pu) { return !node_on.contains(pu); });
      if (free == cores.end()) free = std::ranges::find_if(cores, is_free);
      if (free == cores.end()) return false;
      place.pu = *free;
    }
    node_on[place.pu] = place.node;
  }
  return true;
}

/// Hosts of one machine get cores of their own, and no others, or nothing is pinned.
void settle_hosts_of_one_machine(const std::vector<RankHome>& homes,
                                 const std::vector<std::size_t>& ranks,
                                 std::vector<Place>& places) {
  std::map<int, std::set<int>> taken;  // PUs by node.
  const bool are_separate = separate_hosts(homes, ranks, places);
  for (const std::size_t rank : ranks) taken[places[rank].node].insert(places[rank].pu);
  if (are_separate && taken.size() == 1) return;
  for (const std::size_t rank : ranks) {
    const std::set<int>& own = taken[places[rank].node];
    places[rank].cores.clear();
    if (are_separate)
      places[rank].cores.assign(own.begin(), own.end());
    else
      places[rank].pu = -1;
  }
}

}  // namespace

std::string machine_identity() {
  std::string identity;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> identity;
  return identity.empty() ? host_name() : identity;
}

std::string encode(const RankHome& home) {
  return fmt::format("{} {} {} {} {} {} {}", home.host, home.pid, home.bound.size(),
                     fmt::join(home.bound, " "), home.cores.size(), fmt::join(home.cores, " "),
                     home.machine);
}

RankHome decode_home(std::string_view text) {
  std::istringstream in{std::string(text)};
  RankHome home;
  in >> home.host >> home.pid;
  home.bound = numbers_of(in);
  home.cores = numbers_of(in);
  in >> home.machine;
  return home;
}

std::vector<int> allowed_pus_now() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> pus;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return pus;
  for (int pu = 0; pu < CPU_SETSIZE; ++pu)
    if (CPU_ISSET(pu, &set)) pus.push_back(pu);
  return pus;
}

std::vector<Place> place_ranks(const std::vector<RankHome>& homes) {
  std::map<std::string, int> node_of;
  std::map<std::string, std::vector<const RankHome*>> on_host;
  std::vector<Place> places;
  for (const RankHome& home : homes) {
    const int node = node_of.try_emplace(home.host, static_cast<int>(node_of.size())).first->second;
    std::vector<const RankHome*>& ranks = on_host[home.host];
    places.push_back({.host = home.host,
                      .node = node,
                      .local_rank = static_cast<int>(ranks.size()),
                      .cores = {}});
    ranks.push_back(&home);
  }
  for (std::size_t rank = 0; rank < homes.size(); ++rank) {
    const RankHome& home = homes[rank];
    Place& place = places[rank];
    if (on_host[home.host].size() > 1 && are_apart(on_host[home.host])) {
      place.pu = home.bound.front();
      place.cores = bound_cores(home);
    } else if (!home.cores.empty()) {
      place.pu = home.cores[static_cast<std::size_t>(place.local_rank) % home.cores.size()];
      place.cores = home.cores;
    }
  }
  std::map<std::string, std::vector<std::size_t>> on_machine;
  for (std::size_t rank = 0; rank < homes.size(); ++rank)
    on_machine[homes[rank].machine].push_back(rank);
  for (const auto& [machine, ranks] : on_machine) settle_hosts_of_one_machine(homes, ranks, places);
  return places;
}

bool has_unpinned(const std::vector<Place>& places) {
  return std::any_of(places.begin(), places.end(), [](const Place& p) { return p.pu < 0; });
}

bool is_oversubscribed(const std::vector<RankHome>& homes, int ranks) {
  std::map<std::string, std::size_t> count;
  for (int rank = 0; rank < ranks; ++rank) {
    const RankHome& home = homes[static_cast<std::size_t>(rank)];
    if (++count[home.host] > home.cores.size()) return true;
  }
  return false;
}

int spokesman(const std::vector<Place>& places, int lost) {
  assert(places.size() > 1);
  if (lost != 0) return 0;
  const auto elsewhere = std::find_if(places.begin(), places.end(), [&](const Place& place) {
    return place.node != places.front().node;
  });
  return elsewhere == places.end() ? 1 : static_cast<int>(elsewhere - places.begin());
}

}  // namespace assay::network
