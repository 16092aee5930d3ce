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

/// Of one halving and of the doubling that undoes it: what this rank keeps and gives away, to whom.
struct Exchange {
  int partner;
  bool is_lower;      ///< This rank keeps the lower half.
  Part kept, given;   ///< Of the vector.
  std::size_t place;  ///< Of the received half, in scratch.
  std::vector<network::Request> halves = {}, results = {};
};

class RabenseifnerCall {
 public:
  RabenseifnerCall(network::Communicator& communicator, const AllReduceCall& call, Scratch& scratch)
      : communicator_(communicator),
        call_(call),
        folding_(communicator.rank(), communicator.size()) {
    if (folding_.takes_part()) plan();
    scratch_ = scratch.get(std::max(call.in.size(), needed_));
  }

  void run() {
    mine_ = folding_.reduce(communicator_, call_, scratch_.first(call_.in.size()));
    // All receives ahead of their sends: a message that finds none waits in the provider.
    for (Exchange& exchange : exchanges_)
      receive(exchange.halves, exchange, exchange.kept, here(exchange));
    for (Exchange& exchange : exchanges_) halve(exchange);
    for (auto exchange = exchanges_.rbegin(); exchange != exchanges_.rend(); ++exchange)
      double_up(*exchange);
    folding_.return_result(communicator_, call_);
  }

 private:
  void plan() {
    Blocks all{0, folding_.ranks()};
    for (int mask = 1; mask < folding_.ranks(); mask *= 2) {
      const bool is_lower = (folding_.virtual_rank() & mask) == 0;
      const Blocks keep = is_lower ? all.lower() : all.upper();
      exchanges_.push_back({.partner = folding_.real_rank(folding_.virtual_rank() ^ mask),
                            .is_lower = is_lower,
                            .kept = bytes_of_blocks(keep),
                            .given = bytes_of_blocks(is_lower ? all.upper() : all.lower()),
                            .place = needed_});
      needed_ += exchanges_.back().kept.size;
      all = keep;
    }
  }
  Part bytes_of_blocks(Blocks blocks) const {
    const auto parts = static_cast<std::size_t>(folding_.ranks());
    const Part first =
        part(call_.in.size(), call_.element(), parts, static_cast<std::size_t>(blocks.first));
    const Part last =
        part(call_.in.size(), call_.element(), parts, static_cast<std::size_t>(blocks.last - 1));
    return {first.begin, last.begin + last.size - first.begin};
  }
  std::span<std::byte> here(const Exchange& exchange) const {
    return scratch_.subspan(exchange.place, exchange.kept.size);
  }
  /// Segments of a message; both sides know its size, and an empty one is not sent.
  std::vector<Part> segments(Part whole) const {
    std::vector<Part> parts;
    const std::size_t count = segment_count(call_, communicator_.size(), whole.size);
    for (std::size_t s = 0; s < count && whole.size > 0; ++s)
      parts.push_back(part_of({0, whole.size}, call_.element(), count, s));
    return parts;
  }
  void receive(std::vector<network::Request>& requests, const Exchange& exchange, Part whole,
               std::span<std::byte> to) {
    const network::Tag tag = &requests == &exchange.halves ? halving_tag : doubling_tag;
    for (const Part& segment : segments(whole))
      requests.push_back(communicator_.receive(exchange.partner, tag, cut(to, segment)));
  }
  void send(std::vector<network::Request>& requests, int partner, network::Tag tag, Part whole,
            std::span<const std::byte> vector) {
    for (const Part& segment : segments(whole))
      requests.push_back(communicator_.send(partner, tag, cut(cut(vector, whole), segment)));
  }

  /// Sends one half of what this rank has and reduces the other half with the partner's.
  void halve(Exchange& exchange) {
    std::vector<network::Request> sends;
    send(sends, exchange.partner, halving_tag, exchange.given, mine_);
    const std::vector<Part> parts = segments(exchange.kept);
    for (std::size_t s = 0; s < parts.size(); ++s) {
      communicator_.wait(exchange.halves[s]);
      const auto own = cut(cut(mine_, exchange.kept), parts[s]);
      const auto theirs = std::span<const std::byte>(cut(here(exchange), parts[s]));
      combine_two(call_, cut(cut(call_.out, exchange.kept), parts[s]),
                  exchange.is_lower ? own : theirs, exchange.is_lower ? theirs : own);
    }
    // What was given away may be overwritten by its result once it has left.
    communicator_.wait_all(sends);
    receive(exchange.results, exchange, exchange.given, cut(call_.out, exchange.given));
    mine_ = call_.out;
  }

  void double_up(Exchange& exchange) {
    std::vector<network::Request> sends;
    send(sends, exchange.partner, doubling_tag, exchange.kept, call_.out);
    communicator_.wait_all(exchange.results);
    communicator_.wait_all(sends);
  }

  network::Communicator& communicator_;
  const AllReduceCall& call_;
  Folding folding_;
  std::vector<Exchange> exchanges_;
  std::size_t needed_ = 0;  ///< Scratch, for the halves.
  std::span<std::byte> scratch_;
  std::span<const std::byte> mine_;
};

void rabenseifner(network::Communicator& communicator, const AllReduceCall& call,
                  Scratch& scratch) {
  RabenseifnerCall(communicator, call, scratch).run();
}

const bool rabenseifner_registered = Registry<AllReduceAlgorithm>::add(
    {.about = {.kind = "algorithm",
               .name = "rabenseifner",
               .summary = "All-reduce by recursive halving and doubling: few bytes in few rounds.",
               .metrics = {},
               .verification = "exact integers, f64 error bound, equal hashes on all ranks"},
     .topology = "hypercube",
     .cost = [](const CollectiveShape& shape) { return all_reduce_cost("rabenseifner", shape); },
     .unsupported_reason = always_supported,
     .prepare = prepare_with(rabenseifner),
     .scratch = [](const CollectiveShape& shape) { return shape.bytes; }});

}  // namespace
}  // namespace assay::collectives
