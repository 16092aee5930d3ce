#include "benchmarks/workloads/gradient/training/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <functional>

#include "benchmarks/collectives/shared_lane.hpp"
#include "benchmarks/collectives/step_costs.hpp"
#include "probes/core/clock.hpp"
#include "probes/network/transport/reduction.hpp"

namespace assay::workloads {
namespace {

constexpr network::Tag exchange_tag = 0x0d10;
const std::vector<Bytes> sizes = {64_KiB, 128_KiB, 256_KiB, 512_KiB, 1_MiB};

/// Sends to the right and receives from the left.
using Swap = std::function<void(std::size_t bytes)>;

double slope(std::span<const Bytes> x, std::span<const double> y) {
  double mean_x = 0, mean_y = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    mean_x += x[i].value() / static_cast<double>(x.size());
    mean_y += y[i] / static_cast<double>(x.size());
  }
  double xy = 0, xx = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i].value() - mean_x) * (y[i] - mean_y);
    xx += (x[i].value() - mean_x) * (x[i].value() - mean_x);
  }
  return xy / xx;
}

/// Of the slowest rank. A constant lag of the barrier's does not change a slope.
double slowest_time(network::Communicator& communicator, const std::function<void()>& call) {
  communicator.barrier();
  const Seconds start = now();
  call();
  const std::vector<double> all = communicator.gather_all((now() - start).value());
  return *std::max_element(all.begin(), all.end());
}

/// At least six: their smallest and largest slope are a 95 % interval then.
std::vector<std::vector<double>> make_sweeps(network::Communicator& communicator, Seconds budget,
                                             const Swap& swap) {
  constexpr std::size_t least = 6, most = 25;
  constexpr int repeats = 2;
  std::vector<std::vector<double>> sweeps;
  for (const Bytes size : sizes) swap(to_size(size));  // connects, registers, faults in
  const Deadline deadline(budget);
  while (sweeps.size() < most) {
    std::vector<double>& sweep = sweeps.emplace_back();
    for (const Bytes size : sizes)
      sweep.push_back(slowest_time(communicator,
                                   [&] {
                                     for (int i = 0; i < repeats; ++i) swap(to_size(size));
                                   }) /
                      repeats);
    const bool is_over = communicator.gather_all(deadline.passed() ? 1.0 : 0.0).front() != 0;
    if (is_over && sweeps.size() >= least) break;
  }
  return sweeps;
}

Seconds median_of_calls(network::Communicator& communicator, const std::function<void()>& call) {
  constexpr int calls = 15;
  std::vector<double> times;
  for (int i = 0; i < calls; ++i) times.push_back(slowest_time(communicator, call));
  return Seconds(median(times));
}

Seconds start_up_time(network::Communicator& communicator, const Swap& swap) {
  constexpr int chain = 20;  // so that the barrier's lag hardly counts
  return median_of_calls(communicator,
                         [&] {
                           for (int i = 0; i < chain; ++i) swap(8);
                         }) /
         static_cast<double>(chain);
}

/// Best of several, of cached memory: no message's bytes can arrive faster.
BytesPerSecond fastest_copy(std::span<const std::byte> from, std::span<std::byte> to) {
  double best = 1;
  for (int i = 0; i < 30; ++i) {
    const Seconds start = now();
    std::memcpy(to.data(), from.data(), to.size());
    best = std::min(best, (now() - start).value());
  }
  return bytes_of(to.size()) / Seconds(best);
}

/// The ranks of this host share a lane; nothing where they cannot.
std::unique_ptr<network::Communicator> ranks_of_this_host(network::Communicator& communicator) {
  std::vector<int> same_host;
  for (int rank = 0; rank < communicator.size(); ++rank)
    if (communicator.place(rank).node == communicator.place(communicator.rank()).node)
      same_host.push_back(rank);
  return communicator.subset(same_host);
}

}  // namespace

Outcome<Estimate<BytesPerSecond>> fit_bandwidth(std::span<const Bytes> message_sizes,
                                                std::span<const std::vector<double>> sweeps,
                                                BytesPerSecond fastest) {
  assert(message_sizes.size() >= 2 && !sweeps.empty());
  std::vector<double> slopes;
  for (const std::vector<double>& sweep : sweeps) slopes.push_back(slope(message_sizes, sweep));
  const double beta = median(slopes);
  const Interval interval = median_interval(slopes);
  if (!(interval.low > 0))
    return unsupported(fmt::format(
        "the time of a message does not grow with its size beyond the noise: {:.2g} s/B, 95 % "
        "interval {:.2g} to {:.2g}",
        beta, interval.low, interval.high));
  if (1 / beta > fastest.value())
    return incorrect(fmt::format("{} is faster than a core here copies cached memory, {}",
                                 format(BytesPerSecond(1 / beta)), format(fastest)));
  return Estimate<BytesPerSecond>{.value = BytesPerSecond(1 / beta),
                                  .low = BytesPerSecond(1 / interval.high),
                                  .high = BytesPerSecond(1 / interval.low)};
}

WireCosts measure_wire(network::Communicator& communicator, const std::string& algorithm,
                       Seconds budget) {
  WireCosts wire;
  const int ranks = communicator.size(), rank = communicator.rank();
  if (ranks == 1) return wire;
  collectives::Scratch out_memory, in_memory;
  const std::span<std::byte> out = out_memory.get(to_size(sizes.back()));
  const std::span<std::byte> in = in_memory.get(to_size(sizes.back()));
  std::ranges::fill(out, std::byte{1});
  std::ranges::fill(in, std::byte{1});

  const auto host = ranks_of_this_host(communicator);
  std::unique_ptr<collectives::SharedLane> lane;
  if (collectives::find_all_reduce(algorithm).shares_memory && host->size() == ranks)
    lane = collectives::SharedLane::create(*host);
  const Swap swap = [&](std::size_t bytes) {
    if (lane) return lane->exchange(out.first(bytes), in.first(bytes));
    communicator.exchange((rank + 1) % ranks, out.first(bytes), (rank + ranks - 1) % ranks,
                          in.first(bytes), exchange_tag);
  };
  wire.alpha = start_up_time(communicator, swap);
  const auto sweeps = make_sweeps(communicator, budget, swap);
  const std::vector<double> copies = communicator.gather_all(fastest_copy(out, in).value());
  wire.bandwidth =
      fit_bandwidth(sizes, sweeps, BytesPerSecond(*std::max_element(copies.begin(), copies.end())));
  if (wire.bandwidth) wire.beta = 1 / wire.bandwidth->value;
  wire.gamma = median_of_calls(communicator,
                               [&] {
                                 network::combine_into(network::Operation::sum,
                                                       network::ElementType::f32, in, out);
                               }) /
               sizes.back();
  wire.overlap = collectives::is_one_host(communicator) ? 0 : 1;
  return wire;
}

}  // namespace assay::workloads
