#include "benchmarks/collectives/comparators/mpi_communicator.hpp"

#include <array>

#include "benchmarks/collectives/comparators/peer.hpp"
#include "probes/core/errors.hpp"
#include "probes/core/host_name.hpp"
#include "probes/host/topology.hpp"

namespace assay::comparators {
namespace {

/// MPI guarantees tags up to 32767 only; the few that the timing code uses stay distinct below
/// that.
int mpi_tag(network::Tag tag) {
  return static_cast<int>((tag & 0x0fff) | (tag >= network::reserved_tags ? 0x4000 : 0));
}

}  // namespace

MpiCommunicator::MpiCommunicator(std::string provider) : provider_(std::move(provider)) {
  int size = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  std::array<char, 64> name{};
  const std::string host = host_name();
  host.copy(name.data(), name.size() - 1);
  std::vector<char> names(name.size() * static_cast<std::size_t>(size));
  MPI_Allgather(name.data(), static_cast<int>(name.size()), MPI_CHAR, names.data(),
                static_cast<int>(name.size()), MPI_CHAR, MPI_COMM_WORLD);
  for (int rank = 0; rank < size; ++rank) {
    network::Place place{.host = names.data() + name.size() * static_cast<std::size_t>(rank)};
    for (const network::Place& earlier : places_) {
      if (earlier.host != place.host) {
        place.node = std::max(place.node, earlier.node + 1);
        continue;
      }
      place.node = earlier.node;
      place.local_rank = earlier.local_rank + 1;
    }
    place.pu = core_of(place.local_rank);
    places_.push_back(place);
  }
}

network::Request MpiCommunicator::send(int to, network::Tag tag, std::span<const std::byte> bytes) {
  if (to != rank_) sent_.count(bytes.size());
  MPI_Request& request = pending_.emplace_back();
  MPI_Isend(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, to, mpi_tag(tag),
            MPI_COMM_WORLD, &request);
  return network::Request(&request);
}

network::Request MpiCommunicator::receive(int from, network::Tag tag, std::span<std::byte> bytes) {
  MPI_Request& request = pending_.emplace_back();
  MPI_Irecv(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, from, mpi_tag(tag),
            MPI_COMM_WORLD, &request);
  return network::Request(&request);
}

bool MpiCommunicator::test(network::Request& request) {
  if (request.is_complete_handle()) return true;
  auto* const pending = static_cast<MPI_Request*>(request.handle());
  int is_done = 0;
  MPI_Test(pending, &is_done, MPI_STATUS_IGNORE);
  if (is_done == 0) return false;
  pending_.remove_if([pending](const MPI_Request& other) { return &other == pending; });
  request.clear();
  return true;
}

void MpiCommunicator::wait(network::Request& request) {
  while (!test(request)) {
  }
}

void MpiCommunicator::progress() {
  int flag = 0;
  MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &flag, MPI_STATUS_IGNORE);
}

std::unique_ptr<network::SharedRegion> MpiCommunicator::shared_region(std::size_t) {
  throw RunError("the MPI comparator shares no memory");
}
std::unique_ptr<network::Communicator> MpiCommunicator::subset(const std::vector<int>&) {
  throw RunError("the MPI comparator makes no subsets");
}

}  // namespace assay::comparators
