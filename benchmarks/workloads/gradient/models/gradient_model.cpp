#include "benchmarks/workloads/gradient/models/gradient_model.hpp"

#include "probes/core/errors.hpp"

namespace assay::workloads {

const GradientModelKind& find_gradient_model(const std::string& name) {
  if (const auto* found = Registry<GradientModelKind>::find(name)) return *found;
  throw UsageError("unknown model '" + name + "'; expected one of " +
                   known_names<GradientModelKind>());
}

}  // namespace assay::workloads
