/// @file
/// All-gather around a ring: every part passes every rank.
/// Steps: (p-1) alpha + ((p-1)/p) m beta.

#include <algorithm>
#include <vector>

#include "benchmarks/collectives/collective.hpp"
#include "benchmarks/collectives/verification.hpp"

namespace assay::collectives {

void copy_part(std::span<const std::byte> from, std::span<std::byte> to) {
  if (from.data() != to.data()) std::copy(from.begin(), from.end(), to.begin());
}

void ring_all_gather(network::Communicator& communicator, std::span<std::byte> bytes,
                     std::size_t element, network::Tag tag) {
  const int rank = communicator.rank(), ranks = communicator.size();
  const int right = (rank + 1) % ranks, left = (rank - 1 + ranks) % ranks;
  const auto part_of_rank = [&](int index) {
    return part(bytes.size(), element, static_cast<std::size_t>(ranks),
                static_cast<std::size_t>(index));
  };
  for (int step = 0; step + 1 < ranks; ++step) {
    const Part out = part_of_rank((rank - step + ranks) % ranks);
    const Part in = part_of_rank((rank - step - 1 + ranks) % ranks);
    network::Request incoming, outgoing;
    if (in.size > 0) incoming = communicator.receive(left, tag, cut(bytes, in));
    if (out.size > 0) outgoing = communicator.send(right, tag, cut(bytes, out));
    communicator.wait(incoming);
    communicator.wait(outgoing);
  }
}

namespace {

void allgather(network::Communicator& communicator, const CollectiveCall& call, Scratch&) {
  copy_part(call.in, cut(call.out, call.part_of_rank(communicator, communicator.rank())));
  ring_all_gather(communicator, call.out, call.element(), 0x0a00);
}

void expected_of_allgather(const network::Communicator& communicator, const CollectiveCall& call,
                           int iteration, std::span<std::byte> out) {
  for (int rank = 0; rank < communicator.size(); ++rank)
    fill_exact(cut(out, call.part_of_rank(communicator, rank)), call.type, call.operation, rank,
               iteration);
}

const bool allgather_registered = add_collective(
    {.about = {.kind = "algorithm",
               .name = "allgather",
               .summary = "All-gather: every rank gets the parts of all.",
               .metrics = {},
               .verification = "exact integers, compared byte by byte"},
     .topology = "ring",
     .cost = allgather_cost,
     .sizes = [](const network::Communicator& communicator,
                 const CollectiveCall& call) -> CollectiveSizes {
       return {call.part_of_rank(communicator, communicator.rank()).size, call.bytes};
     },
     .run = allgather,
     .expected = expected_of_allgather});

}  // namespace
}  // namespace assay::collectives
