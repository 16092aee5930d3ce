#pragma once
/// @file
/// Times a collective call: all ranks start at an agreed instant, and a call lasts until its last
/// rank is done.
///
///   time of a call = max over ranks(end) - agreed start, both on the common clock
///
/// A rank that is not ready at the agreed instant makes the call invalid; such calls are counted,
/// not kept. Not ready: 1 us, 1 % of the call or the doubt about the clocks too late; where ranks
/// share cores 100 us and 3 %. Why not a barrier: its exit skew of a round trip is part of every
/// short call that is timed after it. Not measured: calls on cold caches; every call uses the same
/// buffers, as OSU's and gloo's do.

#include <functional>
#include <vector>

#include "probes/core/units.hpp"
#include "probes/network/transport/common_clock.hpp"
#include "probes/network/transport/communicator.hpp"

namespace assay::collectives {

using network::CommonClock;

struct TimingOptions {
  Seconds budget{0.05};  ///< Wall time of all calls, warm-up included, about.
  int min_calls = 7;     ///< Whatever the budget.
  int max_calls = 1000;
  int warmup = 3;  ///< The first calls connect, register and fault in memory; at least one.
  /// Ranks sleep until the agreed instant, which is closer behind the call before: for long calls
  /// of ranks that share cores.
  bool asleep = false;
};

struct CallTimes {
  std::vector<double>
      global;  ///< Seconds from the agreed start to the last rank's end, per valid call.
  std::vector<double> own;            ///< Of the same calls: this rank's time alone.
  std::vector<double> slowest_local;  ///< max over ranks(end - own start), per valid call.
  std::vector<int> calls;             ///< Which calls these are, counted from 0 after the warm-up.
  int late = 0;                       ///< Calls that a rank entered too late.
  Seconds entry_bound{0};             ///< Ranks of valid calls entered no later than that.
  Seconds clock_bound{0};  ///< No time is wrong by more than twice that because of clocks.
};

/// Collective: all ranks pass equal plans. `call` is one call. The vectors are equal on all ranks,
/// but `own`. When every call was late (an oversubscribed machine), late calls are kept and still
/// counted as late.
[[nodiscard]] CallTimes time_calls(network::Communicator& communicator,
                                   const TimingOptions& options, const std::function<void()>& call);

/// P(the slowest of n ranks exceeds t) as independent stragglers would give it, against what was
/// seen; t is the 90th percentile of the rank's own time. Measured below expected: slow calls
/// coincide on several ranks.
struct Stragglers {
  double expected = 0;
  double measured = 0;
};
/// Collective.
[[nodiscard]] Stragglers straggler_amplification(network::Communicator& communicator,
                                                 const CallTimes& times);

}  // namespace assay::collectives
