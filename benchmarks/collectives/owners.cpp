#include "benchmarks/collectives/owners.hpp"

#include <algorithm>
#include <cassert>
#include <vector>

namespace assay::collectives {
namespace {

constexpr network::Tag part_tag = 0x0400;
constexpr network::Tag result_tag = 0x0401;
/// Scratch of an owner. Where more than that would arrive at once, it takes the ranks in batches.
constexpr std::size_t scratch_limit = std::size_t{64} << 20;

std::size_t batch_size(std::size_t part_size, std::size_t others) {
  if (part_size == 0) return others;
  return std::clamp<std::size_t>(scratch_limit / part_size, 1, others);
}

class OwnersCall {
 public:
  OwnersCall(network::Communicator& communicator, const AllReduceCall& call, int owners,
             Scratch& scratch)
      : communicator_(communicator),
        call_(call),
        ranks_(communicator.size()),
        rank_(communicator.rank()),
        owners_(owners) {
    for (int owner = 0; owner < owners; ++owner)
      if (owner_rank(owner, owners, ranks_) == rank_) own_ = owner;
    if (own_ >= 0) {
      const auto others = static_cast<std::size_t>(ranks_ - 1);
      batch_ = batch_size(part_of_owner(own_).size, others);
      slots_ = scratch.get(batch_ * part_of_owner(own_).size);
    }
  }

  void run() {
    // Receives first, where their memory is free: in place a part of `out` is input until it was
    // sent, and that can take until its owner has worked through its batches.
    if (own_ >= 0) post_batch(0);
    send_parts();
    if (!call_.in_place()) post_results();
    if (own_ >= 0) reduce_own();
    if (own_ >= 0) send_result();
    communicator_.wait_all(parts_);
    if (call_.in_place()) post_results();
    communicator_.wait_all(results_);
    communicator_.wait_all(own_results_);
  }

 private:
  Part part_of_owner(int owner) const {
    return part(call_.in.size(), call_.element(), static_cast<std::size_t>(owners_),
                static_cast<std::size_t>(owner));
  }
  /// The other ranks, in their order.
  int other(std::size_t index) const {
    const int rank = static_cast<int>(index);
    return rank < rank_ ? rank : rank + 1;
  }
  std::size_t others() const { return static_cast<std::size_t>(ranks_ - 1); }
  std::span<std::byte> slot(std::size_t index) const {
    const std::size_t size = part_of_owner(own_).size;
    return slots_.subspan(index % batch_ * size, size);
  }

  void post_batch(std::size_t first) {
    incoming_.clear();
    if (part_of_owner(own_).size == 0) return;
    for (std::size_t i = first; i < std::min(first + batch_, others()); ++i)
      incoming_.push_back(communicator_.receive(other(i), part_tag, slot(i)));
  }

  /// Starts with the owner after this rank, so that not everybody begins at owner 0.
  void send_parts() {
    for (int turn = 0; turn < owners_; ++turn) {
      const int owner = (rank_ * owners_ / ranks_ + 1 + turn) % owners_;
      const Part bytes = part_of_owner(owner);
      if (owner != own_ && bytes.size > 0)
        parts_.push_back(
            communicator_.send(owner_rank(owner, owners_, ranks_), part_tag, cut(call_.in, bytes)));
    }
  }
  void post_results() {
    for (int owner = 0; owner < owners_; ++owner) {
      const Part bytes = part_of_owner(owner);
      if (owner != own_ && bytes.size > 0)
        results_.push_back(communicator_.receive(owner_rank(owner, owners_, ranks_), result_tag,
                                                 cut(call_.out, bytes)));
    }
  }

  /// Rank by rank, in one pass per batch: the same bits in every run.
  void reduce_own() {
    const Part bytes = part_of_owner(own_);
    if (bytes.size == 0) return;
    const std::byte* const mine = cut(call_.in, bytes).data();
    std::vector<std::byte>
        kept;  // own input, where the first batch would overwrite it before its turn
    const std::byte* own_input = mine;
    if (call_.in_place() && static_cast<std::size_t>(rank_) >= batch_ && others() > batch_) {
      kept.assign(mine, mine + bytes.size);
      own_input = kept.data();
    }
    for (std::size_t first = 0; first < others(); first += batch_) {
      if (first > 0) post_batch(first);
      communicator_.wait_all(incoming_);
      std::vector<const std::byte*> sources;
      if (first > 0) sources.push_back(cut(call_.out, bytes).data());
      const std::size_t end = std::min(first + batch_, others());
      for (std::size_t i = first; i < end; ++i) {
        if (static_cast<std::size_t>(rank_) == i) sources.push_back(own_input);
        sources.push_back(slot(i).data());
      }
      if (static_cast<std::size_t>(rank_) == others() && end == others())
        sources.push_back(own_input);
      network::combine(call_.operation, call_.type, cut(call_.out, bytes), sources);
    }
  }
  void send_result() {
    const Part bytes = part_of_owner(own_);
    if (bytes.size == 0) return;
    for (int turn = 1; turn < ranks_; ++turn)
      own_results_.push_back(
          communicator_.send((rank_ + turn) % ranks_, result_tag, cut(call_.out, bytes)));
  }

  network::Communicator& communicator_;
  const AllReduceCall& call_;
  int ranks_, rank_, owners_, own_ = -1;
  std::size_t batch_ = 1;
  std::span<std::byte> slots_;
  std::vector<network::Request> incoming_, parts_, results_, own_results_;
};

}  // namespace

int owner_rank(int owner, int owners, int ranks) {
  return owner * ranks / owners;
}

void reduce_at_owners(network::Communicator& communicator, const AllReduceCall& call, int owners,
                      Scratch& scratch) {
  assert(owners >= 1 && owners <= communicator.size());
  OwnersCall(communicator, call, owners, scratch).run();
}

Bytes owners_scratch(const CollectiveShape& shape, int owners) {
  const std::size_t part_size = to_size(shape.bytes) / static_cast<std::size_t>(owners) + 8;
  const auto others = static_cast<std::size_t>(std::max(shape.ranks - 1, 1));
  return bytes_of(batch_size(part_size, others) * part_size);
}

}  // namespace assay::collectives
