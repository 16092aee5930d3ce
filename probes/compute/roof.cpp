#include "probes/compute/roof.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "probes/core/interrupt.hpp"
#include "probes/core/statistics.hpp"

namespace assay::compute {
namespace {

/// Below this the threads were not running for a tenth of the time, and the rate is somebody else's
/// too.
constexpr double least_cpu_wall_ratio = 0.9;
constexpr int bursts_per_chain_count = 3;
constexpr Seconds slice_time = 200_us;

template <class Get>
std::vector<double> column(const std::vector<Burst>& bursts, std::size_t kept, Get get) {
  std::vector<double> values;
  for (std::size_t i = bursts.size() - kept; i < bursts.size(); ++i)
    values.push_back(get(bursts[i]));
  return values;
}

}  // namespace

std::vector<KernelFamily> families(const std::vector<FlopKernel>& kernels) {
  std::vector<KernelFamily> list;
  for (const FlopKernel& kernel : kernels) {
    const auto same = [&](const KernelFamily& family) {
      return family.operation == kernel.operation && family.dtype == kernel.dtype &&
             family.isa == kernel.isa && family.native == kernel.native;
    };
    auto found = std::find_if(list.begin(), list.end(), same);
    if (found == list.end())
      found =
          list.insert(list.end(), {kernel.operation, kernel.dtype, kernel.isa, kernel.native, {}});
    found->kernels.push_back(kernel);
  }
  return list;
}

ChainSweep sweep_chains(PinnedPool& pool, const KernelFamily& family, Seconds burst) {
  ChainSweep sweep{.points = {}, .fastest = family.kernels.front(), .rate = {}, .verified = true};
  const Flops work =
      sweep.fastest.flops_per_round * static_cast<double>(rounds_for(pool, sweep.fastest, burst));
  for (const FlopKernel& kernel : family.kernels) {
    throw_if_interrupted();
    BurstRunner runner(pool, kernel, static_cast<std::uint64_t>(work / kernel.flops_per_round), 1);
    ChainPoint point{kernel.chains, {}};
    for (int i = 0; i < bursts_per_chain_count; ++i) {
      const Burst sample = runner.run();
      sweep.verified = sweep.verified && sample.verified;
      point.rate = std::max(point.rate, sample.rate);
    }
    sweep.points.push_back(point);
    if (point.rate > sweep.rate) {
      sweep.rate = point.rate;
      sweep.fastest = kernel;
    }
  }
  return sweep;
}

Outcome<Roof> judge(Roof roof, const ChainSweep& sweep, int threads, bool verified) {
  if (!verified)
    return incorrect(
        fmt::format("{} chains of {} {}: accumulators ended with wrong or equal values",
                    roof.kernel.chains, roof.kernel.isa, to_string(roof.kernel.operation)));
  const double best = *std::max_element(roof.rates.begin(), roof.rates.end());
  const double clock = *std::max_element(roof.clocks.begin(), roof.clocks.end());
  if (const auto fault = impossible_rate(FlopsPerSecond(best), threads, roof.kernel.lanes,
                                         Hertz(clock), roof.kernel.limit_flops_per_cycle_per_lane))
    return incorrect(*fault);
  if (const auto finding = not_saturated(sweep.points))
    return Outcome<Roof>::untrusted(std::move(roof), *finding);
  if (roof.cpu_wall_ratio < least_cpu_wall_ratio) {
    const std::string reason = fmt::format(
        "the threads ran for {:.0f} % of the time only: throttled, or the cores are shared",
        100 * roof.cpu_wall_ratio);
    return Outcome<Roof>::untrusted(std::move(roof), reason);
  }
  return roof;
}

Outcome<Roof> measure_roof(PinnedPool& pool, const ChainSweep& sweep, Seconds burst,
                           const SampleOptions& options) {
  const double rounds = burst * sweep.rate / sweep.fastest.flops_per_round;
  const int slices = std::max(1, static_cast<int>(burst / slice_time));
  BurstRunner runner(pool, sweep.fastest, static_cast<std::uint64_t>(rounds), slices);
  std::vector<Burst> bursts;
  bool verified = sweep.verified;
  const Samples samples = sample(options, [&] {
    bursts.push_back(runner.run());
    verified = verified && bursts.back().verified;
    return bursts.back().rate.value();
  });
  const std::size_t kept = samples.values.size();
  const auto ratios = column(bursts, kept, [](const Burst& b) { return b.cpu_wall_ratio; });
  Roof roof{
      .kernel = sweep.fastest,
      .rates = samples.values,
      .clocks = column(bursts, kept, [](const Burst& b) { return b.clock.value(); }),
      .flops_per_cycle = column(bursts, kept, [](const Burst& b) { return b.flops_per_cycle; }),
      .cpu_wall_ratio = median(ratios)};
  return judge(std::move(roof), sweep, pool.size(), verified);
}

}  // namespace assay::compute
