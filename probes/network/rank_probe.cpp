#include "probes/network/rank_probe.hpp"

#include <algorithm>

namespace assay::network {

Record RankContext::row(std::string_view probe, std::string_view metric,
                        std::string_view unit) const {
  Record record;
  record.probe = probe;
  record.metric = metric;
  record.unit = unit;
  record.host = communicator.place(0).host;
  int last_node = 0;  // nodes are numbered from 0 in the order of their first rank
  for (int rank = 0; rank < communicator.size(); ++rank)
    last_node = std::max(last_node, communicator.place(rank).node);
  record.nodes = last_node + 1;
  record.ranks = communicator.size();
  record.provider = communicator.provider();
  record.launch = std::to_string(launch);
  return record;
}

}  // namespace assay::network
