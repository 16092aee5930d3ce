#include "probes/network/pair_samples.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

#include "probes/core/statistics.hpp"

namespace assay::network {
namespace {

std::vector<double> measured(std::span<const double> values) {
  std::vector<double> present;
  std::copy_if(values.begin(), values.end(), std::back_inserter(present),
               [](double value) { return !std::isnan(value); });
  return present;
}

}  // namespace

PairSamples::PairSamples(int nodes, int samples)
    : nodes_(nodes), samples_(samples), values_(first_of(nodes, 0), not_measured) {}

std::size_t PairSamples::first_of(int from, int to) const {
  return (static_cast<std::size_t>(from) * static_cast<std::size_t>(nodes_) +
          static_cast<std::size_t>(to)) *
         static_cast<std::size_t>(samples_);
}

void PairSamples::set(int from, int to, const std::vector<double>& times) {
  const std::size_t kept = std::min(times.size(), static_cast<std::size_t>(samples_));
  std::copy_n(times.begin(), kept,
              values_.begin() + static_cast<std::ptrdiff_t>(first_of(from, to)));
}

std::vector<double> PairSamples::of(int from, int to) const {
  return measured(
      std::span(values_).subspan(first_of(from, to), static_cast<std::size_t>(samples_)));
}

PairMatrix PairSamples::quantiles(double q) const {
  const auto nodes = static_cast<std::size_t>(nodes_);
  PairMatrix matrix(nodes, std::vector<double>(nodes, not_measured));
  for (int from = 0; from < nodes_; ++from)
    for (int to = 0; to < nodes_; ++to)
      if (const auto times = of(from, to); !times.empty())
        matrix[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)] = quantile(times, q);
  return matrix;
}

double PairSamples::typical() const {
  std::vector<double> all;
  for (const std::vector<double>& line : quantiles(0.5))
    for (const double time : measured(line)) all.push_back(time);
  assert(!all.empty());
  return median(all);
}

void PairSamples::gather(Communicator& nodes) {
  const std::size_t row = first_of(1, 0);
  const auto mine = std::span(values_).subspan(first_of(nodes.rank(), 0), row);
  const auto all = nodes.gather_all(std::as_bytes(mine));
  for (std::size_t i = 0; i < all.size(); ++i)
    std::memcpy(values_.data() + i * row, all[i].data(), row * sizeof(double));
}

}  // namespace assay::network
