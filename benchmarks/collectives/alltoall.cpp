/// @file
/// All-to-all by pairwise exchange: in step s each rank sends to rank + s and receives from rank -
/// s. Steps: (p-1)(alpha + (m/p) beta).

#include <algorithm>
#include <vector>

#include "benchmarks/collectives/collective.hpp"
#include "benchmarks/collectives/verification.hpp"

namespace assay::collectives {
namespace {

constexpr network::Tag alltoall_tag = 0x0c00;

void alltoall(network::Communicator& communicator, const CollectiveCall& call, Scratch&) {
  const int rank = communicator.rank(), ranks = communicator.size();
  const Part own = call.part_of_rank(communicator, rank);
  const auto from_rank = [&](int from) {
    return call.out.subspan(own.size * static_cast<std::size_t>(from), own.size);
  };
  copy_part(cut(call.in, own), from_rank(rank));
  for (int step = 1; step < ranks; ++step) {
    const int to = (rank + step) % ranks, from = (rank - step + ranks) % ranks;
    const Part theirs = call.part_of_rank(communicator, to);
    network::Request incoming, outgoing;
    if (own.size > 0) incoming = communicator.receive(from, alltoall_tag, from_rank(from));
    if (theirs.size > 0) outgoing = communicator.send(to, alltoall_tag, cut(call.in, theirs));
    communicator.wait(incoming);
    communicator.wait(outgoing);
  }
}

void expected_of_alltoall(const network::Communicator& communicator, const CollectiveCall& call,
                          int iteration, std::span<std::byte> out) {
  const Part own = call.part_of_rank(communicator, communicator.rank());
  std::vector<std::byte> theirs(call.bytes);
  for (int rank = 0; rank < communicator.size(); ++rank) {
    fill_exact(theirs, call.type, call.operation, rank, iteration);
    const auto part_for_me = cut(std::span<const std::byte>(theirs), own);
    std::copy(part_for_me.begin(), part_for_me.end(),
              out.begin() + static_cast<std::ptrdiff_t>(own.size) * rank);
  }
}

const bool alltoall_registered = add_collective(
    {.about = {.kind = "algorithm",
               .name = "alltoall",
               .summary = "All-to-all: every rank gets its part of every rank's vector.",
               .metrics = {},
               .verification = "exact integers, compared byte by byte"},
     .topology = "direct",
     .cost = alltoall_cost,
     .sizes = [](const network::Communicator& communicator,
                 const CollectiveCall& call) -> CollectiveSizes {
       return {call.bytes, call.part_of_rank(communicator, communicator.rank()).size *
                               static_cast<std::size_t>(communicator.size())};
     },
     .run = alltoall,
     .expected = expected_of_alltoall});

}  // namespace
}  // namespace assay::collectives
