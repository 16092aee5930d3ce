#include "reports/render/labels.hpp"

#include <algorithm>
#include <numeric>

namespace assay::render {

std::vector<double> spread(const std::vector<double>& wanted, double spacing, double low,
                           double high) {
  const std::size_t n = wanted.size();
  if (n == 0) return {};
  if (n > 1) spacing = std::min(spacing, (high - low) / static_cast<double>(n - 1));
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return wanted[a] < wanted[b]; });

  // Pool adjacent violators: after subtracting i * spacing, positions must not decrease, and the
  // best common place of a block that touches is the mean of what its members want.
  struct Block {
    double sum;
    std::size_t count;
    [[nodiscard]] double place() const { return sum / static_cast<double>(count); }
  };
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < n; ++i) {
    blocks.push_back({wanted[order[i]] - static_cast<double>(i) * spacing, 1});
    while (blocks.size() > 1 && blocks[blocks.size() - 2].place() >= blocks.back().place()) {
      blocks[blocks.size() - 2].sum += blocks.back().sum;
      blocks[blocks.size() - 2].count += blocks.back().count;
      blocks.pop_back();
    }
  }
  std::vector<double> placed(n);
  std::size_t i = 0;
  const double last = high - static_cast<double>(n - 1) * spacing;
  for (const Block& block : blocks)
    for (std::size_t k = 0; k < block.count; ++k, ++i)
      placed[order[i]] =
          std::clamp(block.place(), low, std::max(low, last)) + static_cast<double>(i) * spacing;
  return placed;
}

}  // namespace assay::render
