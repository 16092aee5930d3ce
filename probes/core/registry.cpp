#include "probes/core/registry.hpp"

#include <tuple>

namespace assay::registry {
namespace {
std::vector<const Description*>& descriptions() {
  static std::vector<const Description*> list;
  return list;
}
}  // namespace

void add_description(const Description* description) {
  descriptions().push_back(description);
}

std::vector<const Description*> all() {
  std::vector<const Description*> sorted = descriptions();
  std::sort(sorted.begin(), sorted.end(), [](const Description* a, const Description* b) {
    return std::tie(a->kind, a->name) < std::tie(b->kind, b->name);
  });
  return sorted;
}

const MetricInfo* find_metric(std::string_view entry, std::string_view metric) {
  for (const Description* description : descriptions()) {
    if (description->name != entry) continue;
    for (const MetricInfo& info : description->metrics)
      if (info.name == metric) return &info;
  }
  return nullptr;
}

}  // namespace assay::registry
