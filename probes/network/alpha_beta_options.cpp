#include "probes/network/alpha_beta_options.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace assay::network {

std::string_view to_string(Pattern pattern) {
  switch (pattern) {
    case Pattern::ping_pong:
      return "ping_pong";
    case Pattern::exchange:
      return "exchange";
    case Pattern::stream:
      return "stream";
    case Pattern::loaded_exchange:
      return "loaded_exchange";
    case Pattern::ping_pong_fresh:
      return "ping_pong_fresh";
  }
  return "";
}

AlphaBetaOptions AlphaBetaOptions::of(Profile profile) {
  switch (profile) {
    case Profile::quick:
      return {std::size_t{4} << 20, 2, 2, 4_ms, 60, 3};
    case Profile::standard:
      return {std::size_t{16} << 20, 8, 4, 10_ms, 100, 6};
    case Profile::thorough:
      return {std::size_t{64} << 20, 8, 8, 20_ms, 100, 10};
  }
  return {};
}

std::vector<std::size_t> message_sizes(const AlphaBetaOptions& options, std::uint64_t seed) {
  std::vector<std::size_t> sizes;
  if (options.sizes_per_octave >= 4) {
    sizes = {0, 1, 2, 4};
    for (std::size_t size = 8; size <= 64; size += 8) sizes.push_back(size);
  } else {
    sizes = {0, 8, 32, 64};
  }
  std::mt19937_64 random(seed);
  const int steps = options.sizes_per_octave;
  for (int step = 1;; ++step) {
    const double low = 64 * std::exp2(static_cast<double>(step - 1) / steps);
    const double high = 64 * std::exp2(static_cast<double>(step) / steps);
    if (high > static_cast<double>(options.size_max)) break;
    // Octave borders exactly: there the providers' own limits lie.
    const bool is_border = step % steps == 0;
    const double size =
        is_border ? high : std::uniform_real_distribution<double>(low, high)(random);
    const auto whole = static_cast<std::size_t>(std::lround(size));
    if (whole > sizes.back() && whole <= options.size_max) sizes.push_back(whole);
  }
  if (sizes.back() != options.size_max) sizes.push_back(options.size_max);
  return sizes;
}

std::vector<std::size_t> visiting_order(const std::vector<std::size_t>& sizes, int visits,
                                        std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::size_t> order;
  for (int visit = 0; visit < visits; ++visit)
    order.insert(order.end(), sizes.begin(), sizes.end());
  std::shuffle(order.begin(), order.end(), random);
  return order;
}

int iterations_for(Seconds time, Seconds each, int most) {
  if (each <= 0_s) return most;
  return static_cast<int>(std::clamp(time / each, 2.0, static_cast<double>(most)));
}

void Gap::narrow(std::size_t size, Seconds time) {
  const auto distance = [&](const Piece& piece) {
    const Seconds line = piece.alpha + piece.beta * bytes_of(size);
    return std::abs(std::log(time / line));
  };
  (distance(below) <= distance(above) ? low : high) = size;
}

std::vector<Gap> gaps_of(const PiecewiseFit& fit, double least_jump) {
  std::vector<Gap> gaps;
  for (std::size_t k = 0; k + 1 < fit.pieces.size(); ++k) {
    const Piece &below = fit.pieces[k], &above = fit.pieces[k + 1];
    const Bytes middle = (below.to + above.from) / 2;
    const double ratio = (above.alpha + above.beta * middle) / (below.alpha + below.beta * middle);
    if (std::abs(std::log(ratio)) < std::log(least_jump)) continue;
    gaps.push_back({to_size(below.to), to_size(above.from), below, above});
  }
  return gaps;
}

}  // namespace assay::network
