#include "benchmarks/collectives/step_costs.hpp"

#include <algorithm>
#include <cassert>
#include <functional>
#include <map>
#include <memory>

#include "benchmarks/collectives/all_reduce.hpp"
#include "benchmarks/collectives/shared_lane.hpp"
#include "benchmarks/collectives/timing.hpp"
#include "probes/core/clock.hpp"
#include "probes/core/statistics.hpp"
#include "probes/network/transport/sleep.hpp"

namespace assay::collectives {
namespace {

constexpr network::Tag exchange_tag = 0x0110;
constexpr network::Tag fan_tag = 0x0111;
constexpr network::Tag pair_tag = 0x0112;
/// Steps of a chain. As many as a reduce-scatter and all-gather over four ranks have.
constexpr int chain = 6;
/// About the grain of the segmented algorithms.
constexpr std::size_t cold_piece = std::size_t{128} << 10;

/// The jump points of the providers (eager limits: 64 B to 16 KiB) get a point on either side.
std::vector<std::size_t> message_sizes(Bytes largest) {
  std::vector<std::size_t> sizes = {0, 8, 128, 1024, 4096, 8192, 16384, 16512, 32768, 65536};
  for (std::size_t size = 131072; size < 2 * to_size(largest); size *= 2) sizes.push_back(size);
  std::erase_if(sizes,
                [&](std::size_t size) { return size > 128 && size >= 2 * to_size(largest); });
  return sizes;
}

Seconds median_time(network::Communicator& communicator, Seconds budget,
                    const std::function<void()>& call) {
  const TimingOptions options{.budget = budget, .min_calls = 5, .max_calls = 200, .warmup = 2};
  return Seconds(median(time_calls(communicator, options, call).global));
}

/// A step of `chain` steps that took `time`, without the ranks' entry into the call.
Seconds one_of_chain(Seconds time, Seconds entry) {
  return std::max(time - entry, Seconds(0)) / chain;
}

/// A step sends what the one before received, as collectives do: bytes that nobody has written
/// since they were sent last are still in the receiver's cache.
using Step = std::function<void(std::size_t size)>;

/// On a wire so slow that the budget is gone: few calls of every other size, up to one that
/// takes long. Not one call: a segment that is sent again takes 0.2 s, and tripled all predictions
/// of long vectors. The last slope is what long vectors are predicted from, and a shaper's token
/// bucket or a socket's buffer hides the wire from anything short.
void measure_slow_steps(network::Communicator& communicator, std::span<const std::size_t> sizes,
                        const Step& step, CostCurve& curve) {
  constexpr int pair = 2;
  constexpr Seconds long_enough = 150_ms;
  for (std::size_t i = 0; i < sizes.size(); i += 2) {
    const TimingOptions options{.budget = 0_s, .min_calls = 3, .max_calls = 3, .warmup = 1};
    const CallTimes times = time_calls(communicator, options, [&] {
      for (int turn = 0; turn < pair; ++turn) step(sizes[i]);
    });
    const Seconds time(median(times.global) / pair);
    curve.add(bytes_of(sizes[i]), time);
    if (time > long_enough) return;  // the same time on all ranks
  }
}

/// Passes over the short sizes: a slow spell of the machine lasts longer than all calls of one, and
/// hits one pass of three. The calls of long ones last longer than the spells.
constexpr int passes = 3;
constexpr std::size_t longest_repeated = std::size_t{64} << 10;

CostCurve measure_steps(network::Communicator& communicator, const StepCostOptions& options,
                        Seconds entry, Seconds budget, const Step& step) {
  const std::vector<std::size_t> sizes = message_sizes(options.largest);
  const Deadline deadline(5 * budget);
  std::vector<std::vector<double>> times(sizes.size());
  std::size_t measured = 0;  // Sizes that every pass has.
  CostCurve slow;
  for (int pass = 0; pass < passes; ++pass) {
    for (std::size_t i = 0; i < (pass == 0 ? sizes.size() : measured); ++i) {
      if (pass > 0 && sizes[i] > longest_repeated) break;
      const Seconds time =
          median_time(communicator, budget / static_cast<double>(passes * sizes.size()), [&] {
            for (int turn = 0; turn < chain; ++turn) step(sizes[i]);
          });
      times[i].push_back(one_of_chain(time, entry).value());
      if (pass == 0) measured = i + 1;
      // All ranks change over together.
      if (communicator.gather_all(deadline.passed() ? 1.0 : 0.0).front() == 0 || i < 2) continue;
      if (pass == 0) measure_slow_steps(communicator, std::span(sizes).subspan(i + 1), step, slow);
      pass = passes;
      break;
    }
  }
  CostCurve curve;
  for (std::size_t i = 0; i < measured; ++i)
    curve.add(bytes_of(sizes[i]), Seconds(median(times[i])));
  curve.add_all(slow);
  return curve;
}

/// Steps through vectors of several lengths, against steps in place; `step` is given the offset.
ColdSurcharge measure_cold(network::Communicator& communicator, const StepCostOptions& options,
                           Seconds budget, const std::function<void(std::size_t offset)>& step) {
  ColdSurcharge surcharge;
  std::vector<std::size_t> lengths = {cold_piece};
  for (std::size_t length = 4 * cold_piece; length <= to_size(options.largest); length *= 2)
    lengths.push_back(length);
  Seconds in_place{0};
  for (const std::size_t length : lengths) {
    std::size_t offset = 0;
    const Seconds time =
        median_time(communicator, budget / static_cast<double>(lengths.size()), [&] {
          for (int turn = 0; turn < chain; ++turn) {
            step(offset);
            offset = (offset + cold_piece) % length;
          }
        });
    if (length == cold_piece) in_place = time;
    surcharge.add(bytes_of(length),
                  std::max(time - in_place, Seconds(0)) / chain / bytes_of(cold_piece));
  }
  return surcharge;
}

/// Everybody to everybody with a few bytes; in chains, as the steps are.
Seconds measure_fan(network::Communicator& communicator, Seconds entry, Seconds budget,
                    std::span<const std::byte> out, std::span<std::byte> in) {
  const int others = communicator.size() - 1;
  constexpr std::size_t size = 8;
  const auto round = [&] {
    std::vector<network::Request> receives, sends;
    for (int turn = 1; turn <= others; ++turn) {
      const int from = (communicator.rank() - turn + communicator.size()) % communicator.size();
      receives.push_back(communicator.receive(
          from, fan_tag, in.subspan(static_cast<std::size_t>(turn) * size, size)));
    }
    for (int turn = 1; turn <= others; ++turn)
      sends.push_back(communicator.send((communicator.rank() + turn) % communicator.size(), fan_tag,
                                        out.first(size)));
    communicator.wait_all(receives);
    communicator.wait_all(sends);
  };
  const Seconds time = median_time(communicator, budget, [&] {
    for (int turn = 0; turn < chain; ++turn) round();
  });
  return one_of_chain(time, entry);
}

/// All others to one and back: what one rank that serves the others takes for each.
Seconds measure_server(network::Communicator& communicator, Seconds entry, Seconds budget,
                       std::span<const std::byte> out, std::span<std::byte> in) {
  constexpr std::size_t size = 8;
  constexpr int server = 0;
  const auto serve = [&] {
    std::vector<network::Request> receives, sends;
    for (int rank = 1; rank < communicator.size(); ++rank)
      receives.push_back(communicator.receive(
          rank, fan_tag, in.subspan(static_cast<std::size_t>(rank) * size, size)));
    communicator.wait_all(receives);
    for (int rank = 1; rank < communicator.size(); ++rank)
      sends.push_back(communicator.send(rank, fan_tag, out.first(size)));
    communicator.wait_all(sends);
  };
  const auto be_served = [&] {
    network::Request answer = communicator.receive(server, fan_tag, in.first(size));
    communicator.send_now(server, fan_tag, out.first(size));
    communicator.wait(answer);
  };
  const Seconds time = median_time(communicator, budget, [&] {
    for (int turn = 0; turn < chain / 2; ++turn)  // each is two steps
      communicator.rank() == server ? serve() : be_served();
  });
  return one_of_chain(time, entry);
}

CostCurve measure_reduction(network::Communicator& communicator, const StepCostOptions& options,
                            Seconds budget, std::span<const std::byte> from,
                            std::span<std::byte> into) {
  CostCurve curve;
  curve.add(0_B, 0_s);
  std::vector<std::size_t> sizes;
  for (std::size_t size = 1024; size <= to_size(options.largest); size *= 4) sizes.push_back(size);
  for (const std::size_t size : sizes) {
    const int repeats = static_cast<int>(std::max<std::size_t>(1, 65536 / size));
    const Seconds time = median_time(communicator, budget / static_cast<double>(sizes.size()), [&] {
      for (int i = 0; i < repeats; ++i)
        network::combine_into(network::Operation::max, options.type, into.first(size),
                              from.first(size));
    });
    curve.add(bytes_of(size), time / repeats);
  }
  return curve;
}

/// Partners of a step, `distance` (a power of two) apart; who has none stands aside.
int partner_of(const network::Communicator& communicator, int distance) {
  const int partner = communicator.rank() ^ distance;
  return partner < communicator.size() ? partner : -1;
}

/// Steps in which partners swap.
CostCurve measure_swaps(network::Communicator& communicator, const StepCostOptions& options,
                        int distance, Seconds entry, Seconds budget, std::span<std::byte> out,
                        std::span<std::byte> in) {
  const int partner = partner_of(communicator, distance);
  return measure_steps(communicator, options, entry, budget, [&, partner](std::size_t size) {
    if (partner >= 0)
      communicator.exchange(partner, out.first(size), partner, in.first(size), pair_tag);
    std::swap(out, in);
  });
}

/// Steps in which one of two sends: there and back again, so that a step waits for the one before.
CostCurve measure_one_way(network::Communicator& communicator, const StepCostOptions& options,
                          Seconds entry, Seconds budget, std::span<std::byte> bytes) {
  const int partner = partner_of(communicator, 1);
  bool sends = communicator.rank() < partner;  // `chain` is even: every call begins alike
  return measure_steps(
      communicator, options, entry, budget, [&, partner](std::size_t size) mutable {
        if (partner < 0) return;
        network::Request request = sends
                                       ? communicator.send(partner, pair_tag, bytes.first(size))
                                       : communicator.receive(partner, pair_tag, bytes.first(size));
        communicator.wait(request);
        sends = !sends;
      });
}

/// Steps through shared memory: in every host at once, the slowest host counts.
std::optional<StepCosts> measure_inner(network::Communicator& communicator,
                                       const StepCostOptions& options, Seconds entry,
                                       Seconds budget, std::span<std::byte> out,
                                       std::span<std::byte> in, ColdSurcharge& cold) {
  std::vector<int> same_host;
  for (int rank = 0; rank < communicator.size(); ++rank)
    if (communicator.place(rank).node == communicator.place(communicator.rank()).node)
      same_host.push_back(rank);
  const auto host = communicator.subset(same_host);
  const auto lane = SharedLane::create(*host);
  // Of no use when some host has one rank only or cannot share: then no algorithm uses the lane.
  for (const double can_share : communicator.gather_all(lane && host->size() > 1 ? 1.0 : 0.0))
    if (can_share == 0) return std::nullopt;
  const auto curve = std::make_shared<CostCurve>(
      measure_steps(communicator, options, entry, budget,
                    [&](std::size_t size) { lane->exchange(out.first(size), in.first(size)); }));
  if (options.largest > bytes_of(cold_piece))
    cold = measure_cold(communicator, options, budget, [&](std::size_t offset) {
      lane->exchange(out.subspan(offset, cold_piece), in.subspan(offset, cold_piece));
    });
  StepCosts costs;
  costs.message = [curve](Bytes size, int) { return curve->at(size); };
  costs.overlap = 0;
  return costs;
}

using Curves = std::map<int, CostCurve>;  ///< By distance.

/// Of the measured distances the largest that is not longer.
const CostCurve& curve_for(const Curves& curves, int distance) {
  return std::prev(curves.upper_bound(std::max(distance, 1)))->second;
}

/// Between hosts who sends to whom matters to short messages only: of longer ones the wire decides,
/// and calibrating it takes long.
constexpr Bytes longest_of_pattern = 4_KiB;
StepCostOptions short_messages(StepCostOptions options) {
  options.largest = std::min(options.largest, longest_of_pattern);
  return options;
}

}  // namespace

Seconds CostCurve::at(Bytes size) const {
  assert(!points_.empty());
  if (points_.size() == 1) return points_.front().time;
  const auto above =
      std::lower_bound(points_.begin(), points_.end(), size,
                       [](const Point& point, Bytes wanted) { return point.size < wanted; });
  const auto high = std::clamp(above, points_.begin() + 1, points_.end() - 1);
  const Point& a = *(high - 1);
  const Point& b = *high;
  // Beyond the points never less than the last one: on a busy machine the last slope can be
  // negative.
  const Seconds rise = size > b.size ? std::max(b.time - a.time, 0_s) : b.time - a.time;
  const Seconds from = size > b.size ? b.time - rise : a.time;
  return from + rise * ((size - a.size) / (b.size - a.size));
}

SecondsPerByte CostCurve::last_slope() const {
  assert(points_.size() > 1);
  const Point &a = *(points_.end() - 2), &b = points_.back();
  return std::max(b.time - a.time, 0_s) / (b.size - a.size);
}

SecondsPerByte ColdSurcharge::at(Bytes vector) const {
  if (points_.empty() || vector <= points_.front().vector) return SecondsPerByte(0);
  if (vector >= points_.back().vector) return points_.back().more;
  const auto above =
      std::upper_bound(points_.begin(), points_.end(), vector,
                       [](Bytes wanted, const Point& point) { return wanted < point.vector; });
  const Point &a = *(above - 1), &b = *above;
  return a.more + (b.more - a.more) * ((vector - a.vector) / (b.vector - a.vector));
}

Seconds LaneCosts::predict(const CollectiveCost& cost, Bytes vector) const {
  const auto out_of_vector = [vector](const StepCosts& warm, const ColdSurcharge& message,
                                      const ColdSurcharge& reduction) {
    StepCosts cold = warm;
    cold.message = [&warm, &message, vector](Bytes size, int distance) {
      return message.applied(warm.message(size, distance), size, vector);
    };
    const auto applied =
        [&message, vector](const std::function<Seconds(Bytes, int)>& time) {
          return time ? [&time, &message, vector](Bytes size, int distance) {
        return message.applied(time(size, distance), size, vector);
      } : std::function<Seconds(Bytes, int)>();
        };
    cold.swap = applied(warm.swap);
    cold.one_way = applied(warm.one_way);
    cold.reduction = [&warm, &reduction, vector](Bytes size) {
      return reduction.applied(warm.reduction(size), size, vector);
    };
    return cold;
  };
  const StepCosts fabric = out_of_vector(outer, cold_message, cold_reduction);
  if (!inner) return entry + assay::predict(cost, fabric);
  const StepCosts host = out_of_vector(*inner, cold_inner, cold_reduction);
  return entry + assay::predict(cost, fabric, &host);
}

bool is_one_host(network::Communicator& communicator) {
  for (int rank = 1; rank < communicator.size(); ++rank)
    if (communicator.place(rank).node != communicator.place(0).node) return false;
  return true;
}

namespace {

/// Of pieces that no cache holds any more: messages to the neighbour, and combining.
void measure_out_of_cache(network::Communicator& communicator, const StepCostOptions& options,
                          Seconds share, std::span<std::byte> out, std::span<std::byte> in,
                          LaneCosts& costs) {
  const int rank = communicator.rank(), ranks = communicator.size();
  Scratch arrived_memory;
  const std::span<std::byte> arrived = arrived_memory.get(cold_piece);
  costs.cold_message = measure_cold(communicator, options, 0.7 * share, [&](std::size_t offset) {
    communicator.exchange((rank + 1) % ranks, out.subspan(offset, cold_piece),
                          (rank - 1 + ranks) % ranks, in.subspan(offset, cold_piece), exchange_tag);
  });
  costs.cold_reduction = measure_cold(communicator, options, 0.3 * share, [&](std::size_t offset) {
    // What arrived is still in the cache; what it is combined with and where that goes are not.
    const std::byte* const sources[] = {arrived.data(), out.data() + offset};
    network::combine(network::Operation::max, options.type, in.subspan(offset, cold_piece),
                     sources);
  });
}

}  // namespace

LaneCosts measure_step_costs(network::Communicator& communicator, const StepCostOptions& options) {
  const int rank = communicator.rank(), ranks = communicator.size();
  std::vector<int> distances = {1};
  const bool one_host = is_one_host(communicator);
  if (!one_host)
    for (int distance = 2; distance <= ranks / 2; distance *= 2) distances.push_back(distance);

  Scratch out_memory, in_memory;
  const std::size_t bytes =
      std::max({to_size(options.largest), message_sizes(options.largest).back(),
                8 * static_cast<std::size_t>(ranks)});
  const std::span<std::byte> out = out_memory.get(bytes), in = in_memory.get(bytes);
  // Where ranks share cores a step takes several times as long in one call as in another.
  const double patience = network::share_cores(communicator) ? 4 : 1;
  const Seconds share = patience * options.budget / static_cast<double>(2 * distances.size() + 2);
  LaneCosts costs;
  costs.entry = median_time(communicator, 0.1 * share, [] {});
  auto messages = std::make_shared<Curves>(), swaps = std::make_shared<Curves>();
  for (const int distance : distances)
    (*messages)[distance] = measure_steps(
        communicator, options, costs.entry, share, [&, out, in](std::size_t size) mutable {
          communicator.exchange((rank + distance) % ranks, out.first(size),
                                (rank - distance + ranks) % ranks, in.first(size), exchange_tag);
        });
  auto reduction =
      std::make_shared<CostCurve>(measure_reduction(communicator, options, 0.8 * share, out, in));

  costs.outer.message = [messages](Bytes size, int distance) {
    return curve_for(*messages, distance).at(size);
  };
  costs.outer.reduction = [reduction](Bytes size) { return reduction->at(size); };
  const StepCostOptions patterns = one_host ? options : short_messages(options);
  for (const int distance : distances)
    (*swaps)[distance] =
        measure_swaps(communicator, patterns, distance, costs.entry, share, out, in);
  const auto one_way =
      std::make_shared<CostCurve>(measure_one_way(communicator, patterns, costs.entry, share, in));
  const auto by_pattern = [one_host](Bytes size) { return one_host || size <= longest_of_pattern; };
  costs.outer.swap = [by_pattern, messages, swaps](Bytes size, int distance) {
    return curve_for(by_pattern(size) ? *swaps : *messages, distance).at(size);
  };
  costs.outer.one_way = [by_pattern, messages, one_way](Bytes size, int distance) {
    return by_pattern(size) ? one_way->at(size) : curve_for(*messages, distance).at(size);
  };
  costs.outer.is_loaded = true;
  costs.outer.overlap = one_host ? 0 : 1;
  if (ranks > 2) {
    const Seconds fan = measure_fan(communicator, costs.entry, 0.2 * share, out, in);
    const Seconds further = (fan - costs.outer.message(8_B, 1)) / (ranks - 2.0);
    costs.outer.overhead = std::max(further, Seconds(0));
    if (!one_host) {
      costs.outer.wire = messages->begin()->second.last_slope();
      const Seconds served = measure_server(communicator, costs.entry, 0.2 * share, out, in);
      costs.outer.server_overhead =
          std::max((served - one_way->at(8_B)) / (ranks - 2.0), Seconds(0));
    }
  }
  if (options.largest > bytes_of(cold_piece))
    measure_out_of_cache(communicator, options, share, out, in, costs);
  costs.inner = measure_inner(communicator, options, costs.entry, share, out, in, costs.cold_inner);
  if (costs.inner) costs.inner->reduction = costs.outer.reduction;
  return costs;
}

}  // namespace assay::collectives
