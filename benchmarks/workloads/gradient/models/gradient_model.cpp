#include "benchmarks/workloads/gradient/models/gradient_model.hpp"

#include <numeric>

#include "probes/core/errors.hpp"

namespace assay::workloads {

std::size_t count_parameters(std::span<const Tensor> tensors) {
  return std::accumulate(tensors.begin(), tensors.end(), std::size_t{0},
                         [](std::size_t sum, const Tensor& t) { return sum + t.size(); });
}

const GradientModelKind& find_gradient_model(const std::string& name) {
  if (const auto* found = Registry<GradientModelKind>::find(name)) return *found;
  throw UsageError("unknown model '" + name + "'; expected one of " +
                   known_names<GradientModelKind>());
}

}  // namespace assay::workloads
