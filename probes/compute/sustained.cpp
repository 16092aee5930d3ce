#include "probes/compute/sustained.hpp"

#include <algorithm>
#include <cassert>

#include "probes/core/clock.hpp"
#include "probes/core/interrupt.hpp"

namespace assay::compute {

SustainedPass split_pass(const std::vector<TimedRate>& bursts, Seconds total) {
  assert(!bursts.empty());
  const Seconds first_until = std::min(5_s, total / 12),
                last_from = total - std::min(10_s, total / 6);
  SustainedPass pass;
  for (const auto& [end, rate] : bursts) {
    if (end <= first_until) pass.first.push_back(rate.value());
    if (end >= last_from) pass.last.push_back(rate.value());
  }
  if (pass.first.empty()) pass.first.push_back(bursts.front().second.value());
  if (pass.last.empty()) pass.last.push_back(bursts.back().second.value());
  return pass;
}

SustainedPass run_sustained(PinnedPool& pool, const ChainSweep& sweep, Seconds total) {
  const Seconds burst = std::clamp(total / 100, 1_ms, 100_ms);
  const double rounds = burst * sweep.rate / sweep.fastest.flops_per_round;
  BurstRunner runner(pool, sweep.fastest, static_cast<std::uint64_t>(rounds), 1);
  std::vector<TimedRate> bursts;
  bool verified = true;
  const Seconds start = now();
  do {
    const Burst sample = runner.run();
    verified = verified && sample.verified;
    bursts.emplace_back(now() - start, sample.rate);
  } while (now() - start < total && !interrupted());
  SustainedPass pass = split_pass(bursts, now() - start);
  pass.verified = verified;
  return pass;
}

}  // namespace assay::compute
