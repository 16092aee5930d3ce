#include "probes/network/placement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>

#include <map>
#include <set>
#include <sstream>

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

}  // namespace

std::string encode(const RankHome& home) {
  return fmt::format("{} {} {} {} {} {}", home.host, home.pid, home.bound.size(),
                     fmt::join(home.bound, " "), home.cores.size(), fmt::join(home.cores, " "));
}

RankHome decode_home(std::string_view text) {
  std::istringstream in{std::string(text)};
  RankHome home;
  in >> home.host >> home.pid;
  home.bound = numbers_of(in);
  home.cores = numbers_of(in);
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
    places.push_back({home.host, node, static_cast<int>(ranks.size()), -1});
    ranks.push_back(&home);
  }
  for (std::size_t rank = 0; rank < homes.size(); ++rank) {
    const RankHome& home = homes[rank];
    Place& place = places[rank];
    if (on_host[home.host].size() > 1 && are_apart(on_host[home.host]))
      place.pu = home.bound.front();
    else if (!home.cores.empty())
      place.pu = home.cores[static_cast<std::size_t>(place.local_rank) % home.cores.size()];
  }
  return places;
}

bool is_oversubscribed(const std::vector<RankHome>& homes, int ranks) {
  std::map<std::string, std::size_t> count;
  for (int rank = 0; rank < ranks; ++rank) {
    const RankHome& home = homes[static_cast<std::size_t>(rank)];
    if (++count[home.host] > home.cores.size()) return true;
  }
  return false;
}

}  // namespace assay::network
