#include "benchmarks/collectives/timing.hpp"

#include <sched.h>

#include <algorithm>
#include <cstring>

#include "probes/core/clock.hpp"
#include "probes/core/interrupt.hpp"
#include "probes/core/statistics.hpp"
#include "probes/cost/collective_cost.hpp"
#include "probes/network/transport/sleep.hpp"
#include "probes/run/region.hpp"

namespace assay::collectives {
namespace {

/// What a rank knows of one call, on the common clock.
struct Entry {
  double start, end;
};

double from_root(network::Communicator& communicator, double value) {
  std::vector<std::byte> bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  communicator.share(bytes, 0);
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

/// The agreed instants of a block: first, first + period, ...
struct Schedule {
  Seconds first, period;
  [[nodiscard]] Seconds instant(int call) const {
    return first + static_cast<double>(call) * period;
  }
};

/// What a call left unfinished on this side (a buffered send, an acknowledgement) moves only when
/// polled.
void wait_for(network::Communicator& communicator, const CommonClock& clock, Seconds instant) {
  constexpr Seconds spin_only = 20_us;
  do {
    communicator.progress();
    sched_yield();  // where ranks share cores, another one may not be ready yet
  } while (instant - clock.now() > spin_only);
  while (clock.now() < instant) {
  }
}

std::vector<Entry> run_block(network::Communicator& communicator, const CommonClock& clock,
                             const Schedule& schedule, int calls, bool asleep,
                             const std::function<void()>& call) {
  std::vector<Entry> entries(static_cast<std::size_t>(calls));
  for (int i = 0; i < calls; ++i) {
    Phase pause("until the agreed start");
    if (asleep)
      network::sleep_until(communicator, now() + (schedule.instant(i) - clock.now()));
    else
      wait_for(communicator, clock, schedule.instant(i));
    pause.end();
    const Phase phase("call");
    Entry& entry = entries[static_cast<std::size_t>(i)];
    entry.start = clock.now().value();
    call();
    entry.end = clock.now().value();
  }
  return entries;
}

/// What the ranks gathered of a block of calls, call by call. A call that a rank entered late is
/// kept apart: it is a value only where no call was in time.
class CallCollector {
 public:
  CallCollector(CallTimes& times, double late_by) : times_(times), late_by_(late_by) {}

  /// The number of late calls of the block. @param all each rank's entries, by rank
  int add(const Schedule& schedule, std::span<const Entry> mine,
          const std::vector<std::vector<std::byte>>& all, int first_call) {
    int late_in_block = 0;
    for (std::size_t i = 0; i < mine.size(); ++i) {
      const double instant = schedule.instant(static_cast<int>(i)).value();
      double end = 0, local = 0;
      bool is_late = false;
      for (const auto& bytes : all) {
        Entry entry;
        std::memcpy(&entry, bytes.data() + i * sizeof entry, sizeof entry);
        end = std::max(end, entry.end);
        local = std::max(local, entry.end - entry.start);
        is_late = is_late || entry.start > instant + late_by_;
      }
      (is_late ? late_global_ : times_.global).push_back(end - instant);
      (is_late ? late_own_ : times_.own).push_back(mine[i].end - mine[i].start);
      (is_late ? late_local_ : times_.slowest_local).push_back(local);
      (is_late ? late_calls_ : times_.calls).push_back(first_call + static_cast<int>(i));
      late_in_block += is_late ? 1 : 0;
    }
    times_.late += late_in_block;
    return late_in_block;
  }

  /// Where every call was late, they are what there is.
  void finish() {
    if (!times_.global.empty()) return;
    times_.global = std::move(late_local_);
    times_.slowest_local = times_.global;
    times_.own = std::move(late_own_);
    times_.calls = std::move(late_calls_);
  }

 private:
  CallTimes& times_;
  double late_by_;
  std::vector<double> late_global_, late_own_, late_local_;
  std::vector<int> late_calls_;
};

}  // namespace

CallTimes time_calls(network::Communicator& communicator, const TimingOptions& options,
                     const std::function<void()>& call) {
  const bool share_cores = network::share_cores(communicator);
  const bool asleep = options.asleep || share_cores;
  // The warm-up also tells how long a call and how long the agreement take.
  double longest = 0;
  for (int i = 0; i < std::max(options.warmup, 1); ++i) {
    communicator.barrier();
    const Seconds start = now();
    call();
    longest = (now() - start).value();
  }
  const auto slowest = [&](double mine) {
    const std::vector<double> all = communicator.gather_all(mine);
    return *std::max_element(all.begin(), all.end());
  };
  longest = slowest(longest);
  const Seconds share_start = now();
  static_cast<void>(slowest(0));
  const double agreement = slowest((now() - share_start).value());

  const CommonClock clock = CommonClock::synchronise(communicator);
  CallTimes times;
  times.clock_bound = clock.bound();
  // Room after a call, so that one slow call does not make the next one late.
  double period = asleep ? 1.1 * longest + 500e-6 : 1.5 * longest + 40e-6;
  const int calls = std::clamp(static_cast<int>(options.budget.value() / period), options.min_calls,
                               options.max_calls);
  // On a core that two ranks share one of them enters when the other has begun to wait.
  const double patience = share_cores ? 100e-6 + 0.03 * longest : 0;
  const double late_by = std::max({2 * clock.bound().value(), 1e-6, 0.01 * longest, patience});
  times.entry_bound = Seconds(late_by);
  CallCollector collector(times, late_by);
  const Deadline deadline(3 * options.budget + Seconds(2 * options.min_calls * period));
  // In blocks: results are exchanged between blocks, never between calls. But calls that are long
  // beside the agreement start anew each time: after one that took longer than its period, ranks
  // would enter the next ones apart, and ranks that are apart get in each other's way for good (8
  // hosts at 100 Mbit/s, recursive doubling of 256 KiB: 64 ms, and then up to 280).
  const int longest_block = period > 40 * agreement ? 1 : 100;
  for (int done = 0; done < calls;) {
    throw_if_interrupted();
    const int block = std::min(calls - done, longest_block);
    const Schedule schedule{
        Seconds(from_root(communicator, clock.now().value() + 4 * agreement + 50e-6)),
        Seconds(period)};
    const std::vector<Entry> mine = run_block(communicator, clock, schedule, block, asleep, call);
    const auto all = communicator.gather_all(std::as_bytes(std::span(mine)));
    const int late_in_block = collector.add(schedule, mine, all, done);
    done += block;
    // Equal on all ranks, because it follows from what was gathered.
    if (late_in_block > block / 10) period *= 1.5;
    if (from_root(communicator, deadline.passed() ? 1 : 0) != 0) break;
  }
  collector.finish();
  return times;
}

Stragglers straggler_amplification(network::Communicator& communicator, const CallTimes& times) {
  // Each rank's own 90th percentile; a call is late for the group when any rank exceeds its own.
  const double limit = quantile(times.own, 0.9);
  std::vector<std::byte> slow(times.own.size());
  for (std::size_t i = 0; i < slow.size(); ++i)
    slow[i] = times.own[i] > limit ? std::byte{1} : std::byte{0};
  double slow_calls = 0, tail = 0;
  const auto all = communicator.gather_all(slow);
  for (std::size_t i = 0; i < slow.size(); ++i) {
    int ranks = 0;
    for (const auto& of_rank : all) ranks += of_rank[i] == std::byte{1} ? 1 : 0;
    slow_calls += ranks > 0 ? 1 : 0;
    tail += ranks;
  }
  const auto calls = static_cast<double>(std::max<std::size_t>(slow.size(), 1));
  return {
      .expected = straggler_probability(tail / calls / communicator.size(), communicator.size()),
      .measured = slow_calls / calls};
}

}  // namespace assay::collectives
