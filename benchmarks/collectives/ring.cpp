/// @file
/// Ring: p-1 steps of reduce-scatter, p-1 of all-gather, each moving a p-th of the vector to the
/// right neighbour. Fewest bytes, most steps: for long vectors, and for fabrics where only
/// neighbours are near. Steps: (p-1)(2k alpha + 2(m/p) beta + s gamma). Each block travels in k
/// segments of s bytes; a segment is passed on as soon as it is reduced, so the reduction of one
/// hides behind the transfer of the next.

#include <algorithm>
#include <vector>

#include "benchmarks/collectives/all_reduce.hpp"

namespace assay::collectives {
namespace {

constexpr network::Tag ring_step_tag = 0x0300;
/// Segments that may be on their way to a neighbour: enough to keep the wire busy, few enough to
/// stay in cache.
constexpr std::size_t window = 8;

/// One all-reduce: a sequence of segments, sent to the right and received from the left in the same
/// order. In step t = i / segments this rank sends block rank - t and receives block rank - t - 1,
/// in both phases.
class RingCall {
 public:
  RingCall(network::Communicator& communicator, const AllReduceCall& call, Scratch& scratch)
      : communicator_(communicator),
        call_(call),
        ranks_(static_cast<std::size_t>(communicator.size())),
        rank_(static_cast<std::size_t>(communicator.rank())) {
    const CollectiveShape shape{.ranks = communicator.size(), .bytes = bytes_of(call.in.size())};
    const std::size_t block = part(call.in.size(), call.element(), ranks_, 0).size;
    const std::size_t grain = to_size(pipeline_segment("ring", shape));
    segments_ = std::max<std::size_t>(1, (block + grain - 1) / grain);
    in_flight_ = std::min(window, segments_);
    slot_size_ = part(block, call.element(), segments_, 0).size;
    slot_memory_ = scratch.get(slots() * slot_size_);
    right_ = (communicator.rank() + 1) % communicator.size();
    left_ = (communicator.rank() + communicator.size() - 1) % communicator.size();
    sends_.resize(2 * reduce_end());
    receives_.resize(2 * reduce_end());
  }

  void run() {
    post_receives(0);
    send_up_to(in_flight_);
    for (std::size_t i = 0; i < receives_.size(); ++i) {
      communicator_.wait(receives_[i]);
      if (i < reduce_end()) reduce(i);
      // Segment i + in_flight was received at i + in_flight - segments, which is not after i: it is
      // ready to leave.
      send_up_to(i + in_flight_ + 1);
      post_receives(i + 1);
    }
    communicator_.wait_all(sends_);
  }

 private:
  /// Segments of the reduce-scatter; as many again of the all-gather follow.
  std::size_t reduce_end() const { return (ranks_ - 1) * segments_; }
  Part sent(std::size_t i) const { return segment(i, i / segments_); }
  Part received(std::size_t i) const { return segment(i, i / segments_ + 1); }
  Part segment(std::size_t i, std::size_t steps_back) const {
    const std::size_t block = (rank_ + 2 * ranks_ - steps_back) % ranks_;
    const std::size_t element = call_.element();
    return part_of(part(call_.in.size(), element, ranks_, block), element, segments_,
                   i % segments_);
  }
  /// One receive more than sends, so that the next segment finds its receive posted while this one
  /// is reduced.
  std::size_t slots() const { return in_flight_ + 1; }
  std::span<std::byte> slot(std::size_t i, std::size_t size) const {
    return slot_memory_.subspan(i % slots() * slot_size_, size);
  }
  void send_up_to(std::size_t end) {
    for (; sent_ < std::min(end, sends_.size()); ++sent_) send(sent_);
  }
  /// While segment `next` is waited for. A receive into the result has to wait until this rank's
  /// own partial sum has been sent from there.
  void post_receives(std::size_t next) {
    const std::size_t end = std::min({next + slots(), receives_.size(), sent_ + reduce_end()});
    for (; posted_ < end; ++posted_) post_receive(posted_);
  }

  /// Empty segments are not sent: both sides know their size.
  void send(std::size_t i) {
    const Part bytes = sent(i);
    const bool is_input = i < segments_;
    if (bytes.size > 0)
      sends_[i] = communicator_.send(right_, ring_step_tag,
                                     is_input ? cut(call_.in, bytes) : cut(call_.out, bytes));
  }
  void post_receive(std::size_t i) {
    const Part bytes = received(i);
    if (bytes.size == 0) return;
    if (i < reduce_end()) {
      receives_[i] = communicator_.receive(left_, ring_step_tag, slot(i, bytes.size));
    } else {
      // Straight into the result, once this rank's own partial sum of that segment has left.
      communicator_.wait(sends_[i - reduce_end()]);
      receives_[i] = communicator_.receive(left_, ring_step_tag, cut(call_.out, bytes));
    }
  }
  void reduce(std::size_t i) {
    const Part bytes = received(i);
    combine_two(call_, cut(call_.out, bytes), slot(i, bytes.size), cut(call_.in, bytes));
  }

  network::Communicator& communicator_;
  const AllReduceCall& call_;
  std::size_t ranks_, rank_, segments_ = 1, in_flight_ = 1, slot_size_ = 0;
  std::size_t sent_ = 0, posted_ = 0;
  std::span<std::byte> slot_memory_;
  int right_ = 0, left_ = 0;
  std::vector<network::Request> sends_, receives_;
};

void ring(network::Communicator& communicator, const AllReduceCall& call, Scratch& scratch) {
  RingCall(communicator, call, scratch).run();
}

const bool ring_registered = Registry<AllReduceAlgorithm>::add(
    {.about = {.kind = "algorithm",
               .name = "ring",
               .summary = "All-reduce around a ring in 2(p-1) steps of a p-th: for long vectors.",
               .metrics = {},
               .verification = "exact integers, f64 error bound, equal hashes on all ranks"},
     .topology = "ring",
     .cost = [](const CollectiveShape& shape) { return all_reduce_cost("ring", shape); },
     .unsupported_reason = always_supported,
     .prepare = prepare_with(ring),
     .scratch =
         [](const CollectiveShape& shape) {
           return std::min(2 * shape.bytes / std::max(shape.ranks, 1),
                           (window + 1) * pipeline_segment("ring", shape));
         }});

}  // namespace
}  // namespace assay::collectives
