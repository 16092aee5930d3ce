/// @file
/// Recursive doubling: in round i every rank exchanges its whole vector with the rank whose number
/// differs in bit i. Fewest rounds, most bytes: for short vectors. Steps: l = floor(lg p) rounds of
/// m bytes; + 2 of m where p is not a power of two (folding).

#include <algorithm>
#include <array>
#include <bit>

#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/collectives/folding.hpp"

namespace assay::collectives {
namespace {

constexpr network::Tag recursive_doubling_tag = 0x0200;

/// Up to here the receives of all rounds are posted before the first send: a message that finds its
/// receive waiting costs no copy and no search, and the memory is small.
constexpr std::size_t post_all_limit = std::size_t{16} << 10;

void recursive_doubling(network::Communicator& communicator, const AllReduceCall& call,
                        Scratch& scratch) {
  const Folding folding(communicator.rank(), communicator.size());
  const std::size_t size = call.in.size();
  const auto rounds =
      static_cast<std::size_t>(std::bit_width(static_cast<unsigned>(folding.ranks()))) - 1;
  const std::size_t ahead = size <= post_all_limit ? rounds : std::min<std::size_t>(rounds, 1);
  const std::span<std::byte> memory = scratch.get((ahead + 1) * size);
  const auto slot = [&](std::size_t round) { return memory.subspan(round % ahead * size, size); };
  const auto partner = [&](std::size_t round) {
    return folding.real_rank(folding.virtual_rank() ^ (1 << round));
  };
  std::array<network::Request, 32> receives;
  const auto post = [&](std::size_t round) {
    receives[round] = communicator.receive(partner(round), recursive_doubling_tag, slot(round));
  };
  if (folding.takes_part())
    for (std::size_t round = 0; round < ahead; ++round) post(round);
  std::span<const std::byte> mine =
      folding.reduce(communicator, call, memory.subspan(ahead * size, size));
  if (folding.takes_part()) {
    for (std::size_t round = 0; round < rounds; ++round) {
      if (round >= ahead) post(round);
      network::Request send = communicator.send(partner(round), recursive_doubling_tag, mine);
      communicator.wait(receives[round]);
      communicator.wait(send);
      // In the order of the ranks on both sides, so that both compute the same bits.
      const bool is_lower = (folding.virtual_rank() & (1 << round)) == 0;
      const std::span<const std::byte> received = slot(round);
      combine_two(call, call.out, is_lower ? mine : received, is_lower ? received : mine);
      mine = call.out;
    }
  }
  folding.return_result(communicator, call);
}

const bool recursive_doubling_registered = Registry<AllReduceAlgorithm>::add(
    {.about = {.kind = "algorithm",
               .name = "recursive_doubling",
               .summary = "All-reduce in lg p exchanges of the whole vector: for short vectors.",
               .metrics = {},
               .verification = "exact integers, f64 error bound, equal hashes on all ranks"},
     .topology = "hypercube",
     .cost = recursive_doubling_cost,
     .unsupported_reason = always_supported,
     .prepare = prepare_with(recursive_doubling),
     .scratch = [](const CollectiveShape& shape) {
       return 2 * shape.bytes + 32 * Bytes(post_all_limit);
     }});

}  // namespace
}  // namespace assay::collectives
