#include "reports/models/laws/label.hpp"

#include <fmt/format.h>

namespace assay::models {

std::vector<std::string> Reach::exercised() const {
  std::vector<std::string> names;
  for (const Tier& tier : tiers)
    if (largest > static_cast<double>(tier.ranks)) names.push_back(tier.name);
  return names;
}

const Tier* Reach::first_unmeasured(double ranks) const {
  for (const Tier& tier : tiers) {
    const auto inside = static_cast<double>(tier.ranks);
    if (ranks > inside && largest <= inside) return &tier;
  }
  return nullptr;
}

Label label_at(double ranks, const Reach& reach) {
  if (ranks < reach.smallest)
    return 2 * ranks >= reach.smallest   ? Label::projected
           : 4 * ranks >= reach.smallest ? Label::range
                                         : Label::scenario;
  if (ranks <= reach.largest) return Label::measured;
  if (reach.first_unmeasured(ranks) != nullptr) return Label::scenario;
  if (ranks <= 2 * reach.largest) return Label::projected;
  if (ranks <= 4 * reach.largest) return Label::range;
  return Label::scenario;
}

std::string describe(const Reach& reach) {
  const std::vector<std::string> crossed = reach.exercised();
  return fmt::format(
      "measured up to {} ranks; tiers exercised: {}", reach.largest,
      crossed.empty() ? "none beyond the first" : fmt::format("{}", fmt::join(crossed, ", ")));
}

}  // namespace assay::models
