#include "reports/gate/decide/change_points.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "probes/core/statistics.hpp"

namespace assay::gate {
namespace {

/// Correlation of neighbours below which values are permuted one by one: within what independent
/// values show by chance in short series.
constexpr double negligible_correlation = 0.15;

/// First index of every segment, and the end.
using Borders = std::vector<std::size_t>;

/// The best split over all segments.
Split best_of_all(std::span<const double> series, const Borders& borders, std::size_t minimum) {
  Split best;
  for (std::size_t s = 0; s + 1 < borders.size(); ++s) {
    Split split = best_split(series.subspan(borders[s], borders[s + 1] - borders[s]), minimum);
    split.index += borders[s];
    if (split.statistic > best.statistic) best = split;
  }
  return best;
}

/// Shuffles whole blocks; the first block's length varies, so that borders fall anywhere.
void permute_blocks(std::span<double> values, std::size_t block, std::mt19937_64& engine) {
  if (block <= 1) {
    std::shuffle(values.begin(), values.end(), engine);
    return;
  }
  std::vector<std::vector<double>> blocks;
  std::size_t start = 0, end = std::uniform_int_distribution<std::size_t>(1, block)(engine);
  while (start < values.size()) {
    end = std::min(end, values.size());
    blocks.emplace_back(values.begin() + static_cast<std::ptrdiff_t>(start),
                        values.begin() + static_cast<std::ptrdiff_t>(end));
    start = end;
    end += block;
  }
  std::shuffle(blocks.begin(), blocks.end(), engine);
  auto out = values.begin();
  for (const std::vector<double>& one : blocks) out = std::copy(one.begin(), one.end(), out);
}

}  // namespace

Split best_split(std::span<const double> segment, std::size_t minimum_segment) {
  const std::size_t count = segment.size();
  Split best;
  if (count < 2 * minimum_segment || minimum_segment == 0) return best;
  // Sums of |x_i - x_j| within the left side, across, and within the right side, moved one point at
  // a time: O(n) per step.
  double left = 0, across = 0, right = 0;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = i + 1; j < count; ++j) right += std::abs(segment[i] - segment[j]);
  for (std::size_t split = 1; split < count; ++split) {
    const double moved = segment[split - 1];
    double to_left = 0, to_right = 0;
    for (std::size_t i = 0; i + 1 < split; ++i) to_left += std::abs(segment[i] - moved);
    for (std::size_t i = split; i < count; ++i) to_right += std::abs(segment[i] - moved);
    left += to_left;
    across += to_right - to_left;
    right -= to_right;
    if (split < minimum_segment || count - split < minimum_segment) continue;
    const double n = static_cast<double>(split), m = static_cast<double>(count - split);
    const double energy =
        2 * across / (n * m) - 2 * left / (n * (n - 1)) - 2 * right / (m * (m - 1));
    const double statistic = n * m / (n + m) * energy;
    if (statistic > best.statistic) best = {statistic, split};
  }
  return best;
}

std::size_t block_length(std::span<const double> series) {
  if (series.size() < 8) return 1;
  std::vector<double> steps;
  for (std::size_t i = 1; i < series.size(); ++i) steps.push_back(series[i] - series[i - 1]);
  // A change of level is one large step among many: it must not count as correlation.
  const double limit = 3 * scaled_mad(steps);
  for (double& step : steps) step = std::clamp(step, -limit, limit);
  double product = 0, square = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    square += steps[i] * steps[i];
    if (i > 0) product += steps[i] * steps[i - 1];
  }
  if (square <= 0) return 1;
  const double correlation = std::min(0.9, 1 + 2 * product / square);
  if (correlation < negligible_correlation) return 1;
  const double count = static_cast<double>(series.size());
  const double length =
      std::cbrt(count) * std::pow(2 * correlation / (1 - correlation * correlation), 2.0 / 3);
  // At least some six blocks, or there is nothing to permute.
  return static_cast<std::size_t>(std::clamp(std::round(length), 1.0, std::max(1.0, count / 6)));
}

std::vector<FoundChange> find_changes(std::span<const double> series,
                                      const ChangePointOptions& options) {
  std::vector<FoundChange> found;
  Borders borders{0, series.size()};
  std::mt19937_64 engine(options.seed);
  const std::size_t block = block_length(series);
  while (true) {
    const Split split = best_of_all(series, borders, options.minimum_segment);
    if (split.index == 0 || split.statistic <= 0) break;
    Borders with_split = borders;
    with_split.insert(std::upper_bound(with_split.begin(), with_split.end(), split.index),
                      split.index);

    int beaten_by = 0;
    for (int permutation = 0; permutation < options.permutations; ++permutation) {
      // Afresh each time: blocks of blocks of ever other borders would end as single values.
      std::vector<double> permuted(series.begin(), series.end());
      for (std::size_t s = 0; s + 1 < borders.size(); ++s)
        permute_blocks(std::span(permuted).subspan(borders[s], borders[s + 1] - borders[s]), block,
                       engine);
      beaten_by +=
          best_of_all(permuted, borders, options.minimum_segment).statistic >= split.statistic;
    }
    const double p_value = (1.0 + beaten_by) / (1.0 + options.permutations);
    const bool first = found.empty();
    if (!first && p_value > options.p_stop) break;
    found.push_back({split.index, p_value, 0, 0});
    borders = with_split;
    if (p_value > options.p_stop) break;
  }
  std::sort(found.begin(), found.end(),
            [](const FoundChange& a, const FoundChange& b) { return a.index < b.index; });
  for (std::size_t i = 0; i < found.size(); ++i) {
    found[i].before = median(series.subspan(borders[i], borders[i + 1] - borders[i]));
    found[i].after = median(series.subspan(borders[i + 1], borders[i + 2] - borders[i + 1]));
  }
  return found;
}

}  // namespace assay::gate
