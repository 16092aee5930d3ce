#pragma once
/// @file
/// The times of messages of one size between all pairs of nodes, several of each.

#include <limits>
#include <vector>

#include "probes/network/pair_attribution.hpp"
#include "probes/network/transport/communicator.hpp"

namespace assay::network {

inline constexpr double not_measured = std::numeric_limits<double>::quiet_NaN();

class PairSamples {
 public:
  /// Room for so many times, in seconds, of each pair; none is measured yet.
  PairSamples(int nodes, int samples);

  /// What is beyond the room is left out.
  void set(int from, int to, const std::vector<double>& times);
  /// Of a pair, those that were measured.
  [[nodiscard]] std::vector<double> of(int from, int to) const;
  /// One time of each pair: that quantile of its samples. NaN: not measured.
  [[nodiscard]] PairMatrix quantiles(double q) const;
  /// Median of the pairs' medians. @pre some pair was measured
  [[nodiscard]] double typical() const;
  /// Collective: every rank is a node that has set the pairs it sends in; all get all of them.
  void gather(Communicator& nodes);

 private:
  [[nodiscard]] std::size_t first_of(int from, int to) const;
  int nodes_, samples_;
  std::vector<double> values_;
};

}  // namespace assay::network
