#include "probes/compute/physical_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay::compute {
namespace {

#if defined(__x86_64__) || defined(__i386__)
constexpr double fma_pipes = 2;
constexpr double add_pipes = 2;
constexpr bool add_pipes_are_separate = true;
#else
constexpr double fma_pipes = 6;
constexpr double add_pipes = 6;
constexpr bool add_pipes_are_separate = false;
#endif

constexpr double plateau = 0.92;

double mixed_limit(double fma_share) {
  const double flops_per_instruction = 2 * fma_share + (1 - fma_share);
  double instructions_per_cycle = std::min(fma_pipes / fma_share, add_pipes / (1 - fma_share));
  if (!add_pipes_are_separate) instructions_per_cycle = fma_pipes;
  return instructions_per_cycle * flops_per_instruction;
}

}  // namespace

double pipe_limit(Operation operation, double flops_per_lane_of_dot) {
  switch (operation) {
    case Operation::fma:
      return 2 * fma_pipes;
    case Operation::fma_add:
      return mixed_limit(1.0 / 2);
    case Operation::fma_add_2_1:
      return mixed_limit(2.0 / 3);
    case Operation::dot:
      return flops_per_lane_of_dot * fma_pipes;
  }
  return std::numeric_limits<double>::infinity();
}

std::optional<std::string> impossible_rate(FlopsPerSecond best, int threads, std::size_t lanes,
                                           Hertz clock, double limit_flops_per_cycle) {
  const double per_cycle = best.value() / (clock.value() * threads * static_cast<double>(lanes));
  if (per_cycle <= limit_flops_per_cycle * limit_tolerance) return std::nullopt;
  return fmt::format(
      "impossible: {:.2f} FLOP per cycle and lane at {}, where no core does more than {:.2f}; the "
      "kernel "
      "did less work than it counted",
      per_cycle, format(clock), limit_flops_per_cycle);
}

std::optional<std::string> not_saturated(std::span<const ChainPoint> sweep) {
  if (sweep.empty()) return "no chain count was tried";
  const auto best =
      std::max_element(sweep.begin(), sweep.end(),
                       [](const ChainPoint& a, const ChainPoint& b) { return a.rate < b.rate; });
  for (const ChainPoint& point : sweep) {
    if (point.chains > best->chains) return std::nullopt;  // tried more, and they were not faster
    if (point.chains < best->chains && point.rate >= plateau * best->rate) return std::nullopt;
  }
  return fmt::format(
      "latency-bound: {} chains, the most of {} counts tried, are the fastest and no smaller count "
      "comes "
      "within 8 %, so more could be faster still",
      best->chains, sweep.size());
}

int nearest_even(double flops_per_cycle) {
  return std::max(2, 2 * static_cast<int>(std::lround(flops_per_cycle / 2)));
}

}  // namespace assay::compute
