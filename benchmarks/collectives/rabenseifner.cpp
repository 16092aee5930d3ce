/// @file
/// Rabenseifner: reduce-scatter by recursive halving, all-gather by recursive doubling. The bytes
/// of a ring in lg p rounds: for long vectors where all partners are equally near. Steps: 2l alpha
/// + 2((p-1)/p) m beta + ((p-1)/p) m gamma; + 2 alpha + 2 m beta + m gamma where p is folded. The
/// first halving, which moves the most, is with the nearest rank. Messages travel in segments, each
/// reduced while the next arrives.

#include <algorithm>
#include <vector>

#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/collectives/folding.hpp"

namespace assay::collectives {
namespace {

constexpr network::Tag halving_tag = 0x0600;
constexpr network::Tag doubling_tag = 0x0601;

std::size_t segment_count(const AllReduceCall& call, int ranks, std::size_t bytes) {
  const CollectiveShape shape{.ranks = ranks, .bytes = bytes_of(call.in.size())};
  const std::size_t grain = to_size(pipeline_segment("rabenseifner", shape));
  return std::max<std::size_t>(1, (bytes + grain - 1) / grain);
}

/// Blocks first..last-1 of as many as ranks take part.
struct Blocks {
  int first, last;
  [[nodiscard]] Blocks lower() const { return {first, first + (last - first) / 2}; }
  [[nodiscard]] Blocks upper() const { return {first + (last - first) / 2, last}; }
};

class RabenseifnerCall {
 public:
  RabenseifnerCall(network::Communicator& communicator, const AllReduceCall& call, Scratch& scratch)
      : communicator_(communicator),
        call_(call),
        folding_(communicator.rank(), communicator.size()),
        scratch_(scratch.get(call.in.size())) {}

  void run() {
    mine_ = folding_.reduce(communicator_, call_, scratch_);
    if (folding_.takes_part()) {
      std::vector<Blocks> kept = {{0, folding_.ranks()}};
      for (int mask = 1; mask < folding_.ranks(); mask *= 2) {
        const bool is_lower = (folding_.virtual_rank() & mask) == 0;
        const Blocks all = kept.back();
        kept.push_back(is_lower ? all.lower() : all.upper());
        halve(folding_.virtual_rank() ^ mask, kept.back(), is_lower ? all.upper() : all.lower(),
              is_lower);
        mine_ = call_.out;
      }
      for (int mask = folding_.ranks() / 2; mask > 0; mask /= 2) {
        const Blocks have = kept.back();
        kept.pop_back();
        const bool is_lower = (folding_.virtual_rank() & mask) == 0;
        double_up(folding_.virtual_rank() ^ mask, have,
                  is_lower ? kept.back().upper() : kept.back().lower());
      }
    }
    folding_.return_result(communicator_, call_);
  }

 private:
  Part bytes_of_blocks(Blocks blocks) const {
    const auto parts = static_cast<std::size_t>(folding_.ranks());
    const Part first =
        part(call_.in.size(), call_.element(), parts, static_cast<std::size_t>(blocks.first));
    const Part last =
        part(call_.in.size(), call_.element(), parts, static_cast<std::size_t>(blocks.last - 1));
    return {first.begin, last.begin + last.size - first.begin};
  }

  /// Sends one half of what this rank has and reduces the other half with the partner's.
  void halve(int virtual_partner, Blocks keep, Blocks give, bool is_lower) {
    const int partner = folding_.real_rank(virtual_partner);
    const Part kept = bytes_of_blocks(keep), given = bytes_of_blocks(give);
    const std::size_t receive_count = segment_count(call_, communicator_.size(), kept.size);
    const std::size_t send_count = segment_count(call_, communicator_.size(), given.size);
    const std::size_t element = call_.element();
    std::vector<network::Request> receives, sends;
    for (std::size_t s = 0; s < receive_count && kept.size > 0; ++s)
      receives.push_back(communicator_.receive(
          partner, halving_tag, cut(scratch_, part_of(kept, element, receive_count, s))));
    for (std::size_t s = 0; s < send_count && given.size > 0; ++s)
      sends.push_back(communicator_.send(partner, halving_tag,
                                         cut(mine_, part_of(given, element, send_count, s))));
    for (std::size_t s = 0; s < receives.size(); ++s) {
      const Part segment = part_of(kept, element, receive_count, s);
      communicator_.wait(receives[s]);
      const auto own = cut(mine_, segment);
      const auto theirs = std::span<const std::byte>(cut(scratch_, segment));
      combine_two(call_, cut(call_.out, segment), is_lower ? own : theirs, is_lower ? theirs : own);
    }
    communicator_.wait_all(sends);
  }

  void double_up(int virtual_partner, Blocks have, Blocks missing) {
    const int partner = folding_.real_rank(virtual_partner);
    const Part in = bytes_of_blocks(missing), out = bytes_of_blocks(have);
    network::Request receive, send;
    if (in.size > 0) receive = communicator_.receive(partner, doubling_tag, cut(call_.out, in));
    if (out.size > 0)
      send = communicator_.send(partner, doubling_tag,
                                cut(std::span<const std::byte>(call_.out), out));
    communicator_.wait(receive);
    communicator_.wait(send);
  }

  network::Communicator& communicator_;
  const AllReduceCall& call_;
  Folding folding_;
  std::span<std::byte> scratch_;
  std::span<const std::byte> mine_;
};

void rabenseifner(network::Communicator& communicator, const AllReduceCall& call,
                  Scratch& scratch) {
  RabenseifnerCall(communicator, call, scratch).run();
}

const bool registered = Registry<AllReduceAlgorithm>::add(
    {.about = {.kind = "algorithm",
               .name = "rabenseifner",
               .summary = "All-reduce by recursive halving and doubling: few bytes in few rounds.",
               .metrics = {},
               .verification = "exact integers, f64 error bound, equal hashes on all ranks"},
     .topology = "hypercube",
     .cost = [](const CollectiveShape& shape) { return all_reduce_cost("rabenseifner", shape); },
     .obstacle = no_obstacle,
     .prepare = prepare_with(rabenseifner),
     .scratch = [](const CollectiveShape& shape) { return shape.bytes; }});

}  // namespace
}  // namespace assay::collectives
