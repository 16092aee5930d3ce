#pragma once
/// @file
/// Folding: lets an algorithm for 2^l ranks run on any number p. Of the first 2(p - 2^l) ranks each
/// even one hands its vector to the odd one after it, sits out, and gets the result back. Cost: 2
/// messages and one reduction of the whole vector. Source: Thakur, Rabenseifner & Gropp 2005.

#include "benchmarks/collectives/all_reduce.hpp"

namespace assay::collectives {

class Folding {
 public:
  /// @pre size >= 2
  Folding(int rank, int size);

  [[nodiscard]] int ranks() const { return ranks_; }  ///< 2^l
  [[nodiscard]] bool takes_part() const { return virtual_rank_ >= 0; }
  /// 0 .. ranks()-1, in the order of the real ranks. @pre takes_part()
  [[nodiscard]] int virtual_rank() const { return virtual_rank_; }
  [[nodiscard]] int real_rank(int virtual_rank) const;

  /// Hands the vector over, or takes one and reduces. Gives where this rank's contribution is now:
  /// `call.in` untouched, or `call.out`. `scratch` holds a vector.
  [[nodiscard]] std::span<const std::byte> reduce(network::Communicator& communicator,
                                                  const AllReduceCall& call,
                                                  std::span<std::byte> scratch) const;
  /// Sends the result to the rank that sat out, or receives it.
  void return_result(network::Communicator& communicator, const AllReduceCall& call) const;

 private:
  int rank_;
  int folded_;  ///< Pairs at the front.
  int ranks_ = 1;
  int virtual_rank_ = -1;
};

}  // namespace assay::collectives
