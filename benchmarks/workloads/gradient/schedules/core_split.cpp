#include "benchmarks/workloads/gradient/schedules/core_split.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::workloads {

Outcome<CoreSplit> split_cores(const std::vector<network::Place>& places, int rank) {
  for (const network::Place& place : places)
    if (place.cores.size() < 2)
      return unsupported(fmt::format(
          "no core of {} can be kept for communication: its ranks have {}", place.host,
          place.cores.empty() ? "cores that are not known to be theirs alone" : "one core"));
  const network::Place& mine = places[static_cast<std::size_t>(rank)];
  const auto shares = [&](const network::Place& place) {
    return place.node == mine.node && place.cores == mine.cores;
  };
  const auto before = places.begin() + rank;
  const auto ranks = static_cast<std::size_t>(std::ranges::count_if(places, shares));
  const auto local = static_cast<std::size_t>(std::count_if(places.begin(), before, shares));
  const std::size_t cores = mine.cores.size(), kept = std::min(ranks, cores / 2);
  return CoreSplit{.compute = mine.cores[local % (cores - kept)],
                   .communication = mine.cores[cores - kept + local % kept]};
}

Outcome<CoreSplit> split_cores(const network::Communicator& communicator) {
  std::vector<network::Place> places;
  for (int rank = 0; rank < communicator.size(); ++rank) places.push_back(communicator.place(rank));
  return split_cores(places, communicator.rank());
}

}  // namespace assay::workloads
