#include "probes/memory/effective_caches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "probes/core/interrupt.hpp"
#include "probes/memory/bandwidth_plan.hpp"
#include "probes/memory/chase_measurement.hpp"
#include "probes/memory/working_set.hpp"

namespace assay::memory {
namespace {

ChaseOptions short_chase() {
  ChaseOptions options;
  options.sampling.min_samples = 5;
  options.sampling.time_cap = 5_ms;
  options.sampling.warmup_cap = 2_ms;
  return options;
}

std::vector<CacheKnee> measure_knees(const Machine& machine, int pu, Profile profile) {
  const std::vector<Bytes> advertised = advertised_sizes(machine, pu);
  if (advertised.empty()) return {};
  const Bytes largest = std::min(2.0 * advertised.back(), 0.5 * machine.memory_cap);
  const std::vector<Bytes> sizes =
      sweep_sizes(smallest_set, largest, knee_points_per_octave(profile));
  if (sizes.empty()) return {};
  const MappedBuffer buffer(sizes.back(), Pages::huge);
  PinnedPool chaser({pu});
  PinnedPool layers(busy_pus(machine));
  std::vector<LatencyPoint> points;
  for (const Bytes size : sizes) {
    throw_if_interrupted();
    const Chase chase(buffer.data(), size, line_size, ChaseOrder::random);
    // Small rings by the core that chases: lines in other cores' caches come from there at first.
    chase.write(size > 4_MiB ? layers : chaser);
    if (const auto samples = measure_chase(chaser, chase, buffer.data(), size, short_chase()))
      points.push_back({size, Seconds(std::ranges::min(samples->values))});
  }
  return find_knees(points, advertised);
}

}  // namespace

int knee_points_per_octave(Profile profile) {
  return by_profile(profile, 1, 2, 4);
}

const std::vector<CacheKnee>& cache_knees(const Machine& machine, int pu, Profile profile) {
  static std::map<int, std::vector<CacheKnee>> known;
  static const std::vector<CacheKnee> none;
  if (cache_levels(machine).empty()) return none;
  const auto found = known.find(pu);
  if (found != known.end()) return found->second;
  return known.emplace(pu, measure_knees(machine, pu, profile)).first->second;
}

Machine with_effective_caches(Machine machine, const std::vector<CacheKnee>& knees,
                              int per_octave) {
  const double step = std::exp2(1.0 / per_octave);
  for (const CacheKnee& knee : knees)
    for (Cache& cache : machine.caches)
      if (cache.level == knee.level && knee.effective * step < cache.size)
        cache.size = knee.effective;
  return machine;
}

Outcome<Bytes> cache_set_as_found(const Machine& advertised, const Machine& found, int level,
                                  std::span<const int> pus) {
  // Below, what is advertised counts: a knee found too low must not put a set into the level below.
  Machine mixed = advertised;
  for (std::size_t i = 0; i < mixed.caches.size(); ++i)
    if (mixed.caches[i].level == level) mixed.caches[i].size = found.caches[i].size;
  const auto set = cache_set_per_thread(mixed, level, pus);
  if (set) return set;
  const auto advertised_set = cache_set_per_thread(advertised, level, pus);
  if (!advertised_set) return advertised_set;
  return Outcome<Bytes>::untrusted(
      advertised_set.value(),
      fmt::format("by the knees of the latency {}: part of the set may lie farther out",
                  set.reason()));
}

}  // namespace assay::memory
