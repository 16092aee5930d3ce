/// @file
/// One-shot: everybody sends its vector to everybody, and reduces all of them in the order of the
/// ranks. One round, most bytes: for the shortest vectors and few ranks. Steps: alpha + (p-1) m
/// beta + (p-1) m gamma.

#include <algorithm>
#include <vector>

#include "benchmarks/collectives/all_reduce.hpp"

namespace assay::collectives {
namespace {

constexpr network::Tag one_shot_tag = 0x0500;
/// Vectors that do not fit into that much scratch are taken in batches.
constexpr std::size_t one_shot_limit = std::size_t{16} << 20;

std::size_t one_shot_batch(std::size_t vector, std::size_t others) {
  return std::clamp<std::size_t>(one_shot_limit / std::max<std::size_t>(vector, 1), 1, others);
}

void one_shot(network::Communicator& communicator, const AllReduceCall& call, Scratch& scratch) {
  const auto rank = static_cast<std::size_t>(communicator.rank());
  const auto others = static_cast<std::size_t>(communicator.size() - 1);
  const std::size_t size = call.in.size();
  const std::size_t batch = one_shot_batch(size, others);
  // The last slot is the sum while `out` is still input that others may be reading.
  const std::span<std::byte> memory = scratch.get((batch + 1) * size);
  const std::span<std::byte> sum = call.in_place() ? memory.subspan(batch * size, size) : call.out;
  const auto slot = [&](std::size_t i) { return memory.subspan(i % batch * size, size); };

  std::vector<network::Request> receives(others), sends(others);
  const auto post = [&](std::size_t first) {
    for (std::size_t i = first; i < std::min(first + batch, others); ++i)
      receives[i] =
          communicator.receive(static_cast<int>(i < rank ? i : i + 1), one_shot_tag, slot(i));
  };
  post(0);
  for (std::size_t turn = 0; turn < others; ++turn)
    sends[turn] = communicator.send(static_cast<int>((rank + turn + 1) % (others + 1)),
                                    one_shot_tag, call.in);

  std::vector<const std::byte*> sources;
  for (std::size_t first = 0; first < others; first += batch) {
    if (first > 0) post(first);
    const std::size_t end = std::min(first + batch, others);
    sources.clear();
    if (first > 0) sources.push_back(sum.data());
    for (std::size_t i = first; i < end; ++i) {
      communicator.wait(receives[i]);
      if (i == rank) sources.push_back(call.in.data());
      sources.push_back(slot(i).data());
    }
    if (rank == others && end == others) sources.push_back(call.in.data());
    network::combine(call.operation, call.type, sum, sources);
  }
  communicator.wait_all(sends);
  if (call.in_place()) std::copy(sum.begin(), sum.end(), call.out.begin());
}

const bool one_shot_registered = Registry<AllReduceAlgorithm>::add(
    {.about = {.kind = "algorithm",
               .name = "one_shot",
               .summary = "All-reduce in one round: everybody sends everything to everybody.",
               .metrics = {},
               .verification = "exact integers, f64 error bound, equal hashes on all ranks"},
     .topology = "direct",
     .cost = one_shot_cost,
     .unsupported_reason = always_supported,
     .prepare = prepare_with(one_shot),
     .scratch = [](const CollectiveShape& shape) {
       const std::size_t size = to_size(shape.bytes);
       const auto others = static_cast<std::size_t>(std::max(shape.ranks - 1, 1));
       return bytes_of((one_shot_batch(size, others) + 1) * size);
     }});

}  // namespace
}  // namespace assay::collectives
