#pragma once
/// @file
/// What network.alpha_beta measures: which sizes, how often, in which order. Pure, and equal on all
/// ranks.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "probes/core/piecewise_fit.hpp"
#include "probes/core/profile.hpp"
#include "probes/core/units.hpp"

namespace assay::network {

/// How messages move while they are timed. The names stand in the operation column.
enum class Pattern {
  ping_pong,        ///< There and back, half of it.
  exchange,         ///< Both ways at once.
  stream,           ///< A window of messages one way, then an acknowledgement; per message.
  loaded_exchange,  ///< Exchange while all other ranks exchange in pairs too.
  ping_pong_fresh,  ///< Ping-pong from and to buffers that are in no cache.
};
[[nodiscard]] std::string_view to_string(Pattern pattern);

struct AlphaBetaOptions {
  std::size_t size_max;
  int sizes_per_octave;  ///< Above 64 B; below, every 8 B or (quick) every octave.
  int visits;  ///< Times each size is come back to, so that a disturbance hits few samples of many
               ///< sizes.
  Seconds time_per_visit;
  int samples_per_visit_max;
  int bisections;  ///< Sizes added around each jump of the fit.
  [[nodiscard]] static AlphaBetaOptions of(Profile profile);
};

/// 0 to 64 B, then `sizes_per_octave` with jitter inside each step: fixed steps would miss what
/// depends on alignment. Ascending, distinct, the largest always included. Equal for an equal seed.
[[nodiscard]] std::vector<std::size_t> message_sizes(const AlphaBetaOptions& options,
                                                     std::uint64_t seed);
/// Every size `visits` times, in random order.
[[nodiscard]] std::vector<std::size_t> visiting_order(const std::vector<std::size_t>& sizes,
                                                      int visits, std::uint64_t seed);

/// Iterations that fill `time` when one takes `each`; between 2 and `most`.
[[nodiscard]] int iterations_for(Seconds time, Seconds each, int most);

/// Halving the gap around a jump: on which side of it a measured size lies, by which piece's line
/// it is nearer to (on the scale of ratios).
struct Gap {
  std::size_t low, high;  ///< Largest size known to be below the jump, smallest known to be above.
  Piece below, above;
  [[nodiscard]] bool is_closed(std::size_t resolution) const { return high - low <= resolution; }
  [[nodiscard]] std::size_t middle() const { return low + (high - low) / 2; }
  void narrow(std::size_t size, Seconds time);
};
/// The gaps between the pieces of a fit whose lines differ by more than `least_jump` there (as a
/// ratio).
[[nodiscard]] std::vector<Gap> gaps_of(const PiecewiseFit& fit, double least_jump);

}  // namespace assay::network
