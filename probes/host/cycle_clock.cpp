#include "probes/host/cycle_clock.hpp"

#include <algorithm>

#include "probes/core/clock.hpp"

namespace assay {
namespace {

constexpr std::uint64_t additions_per_slice = 98304;
constexpr int slices = 3;

}  // namespace

void additions_alone(std::uint64_t additions) {
  std::uint64_t sum = additions;
  const std::uint64_t addend = additions | 1;
  for (std::uint64_t done = 0; done < additions; done += 4 * additions_per_block) {
    add_block(sum, addend);
    add_block(sum, addend);
    add_block(sum, addend);
    add_block(sum, addend);
  }
}

Hertz measure_clock(AdditionChain chain) {
  Seconds best(1e9);
  for (int slice = 0; slice < slices; ++slice) {
    const Seconds start = now();
    chain(additions_per_slice);
    best = std::min(best, now() - start);
  }
  return static_cast<double>(additions_per_slice) / best;
}

}  // namespace assay
