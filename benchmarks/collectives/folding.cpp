#include "benchmarks/collectives/folding.hpp"

namespace assay::collectives {
namespace {
constexpr network::Tag folding_tag = 0x0210;
}

Folding::Folding(int rank, int size) : rank_(rank) {
  while (ranks_ * 2 <= size) ranks_ *= 2;
  folded_ = size - ranks_;
  if (rank >= 2 * folded_) {
    virtual_rank_ = rank - folded_;
  } else if (rank % 2 == 1) {
    virtual_rank_ = rank / 2;
  }
}

int Folding::real_rank(int virtual_rank) const {
  return virtual_rank < folded_ ? 2 * virtual_rank + 1 : virtual_rank + folded_;
}

std::span<const std::byte> Folding::reduce(network::Communicator& communicator,
                                           const AllReduceCall& call,
                                           std::span<std::byte> scratch) const {
  if (rank_ >= 2 * folded_) return call.in;
  if (rank_ % 2 == 0) {
    communicator.send_now(rank_ + 1, folding_tag, call.in);
    return call.in;
  }
  communicator.receive_now(rank_ - 1, folding_tag, scratch);
  combine_two(call, call.out, scratch, call.in);
  return call.out;
}

void Folding::return_result(network::Communicator& communicator, const AllReduceCall& call) const {
  if (rank_ >= 2 * folded_) return;
  if (rank_ % 2 == 0) {
    communicator.receive_now(rank_ + 1, folding_tag + 1, call.out);
  } else {
    communicator.send_now(rank_ - 1, folding_tag + 1, call.out);
  }
}

}  // namespace assay::collectives
