#pragma once
/// @file
/// How often the ranks agree, and on what: gradients every step, or weights every H steps.
///
/// One .cpp registers an OuterMethodKind.

#include <functional>
#include <memory>
#include <string>

#include "probes/core/registry.hpp"

namespace assay::workloads {

class Trainer;

class OuterMethod {
 public:
  virtual ~OuterMethod() = default;
  /// Collective: the steps of one round, and the agreement.
  virtual void round(Trainer& trainer) = 0;
  /// The communication of a round alone.
  virtual void communicate(Trainer& trainer) = 0;
};

struct OuterMethodKind {
  Description about;      ///< kind = "outer method"
  bool is_local = false;  ///< A round is as many steps as the plan says, not one.
  bool is_agreed = true;  ///< After a round all ranks hold the same bits.
  bool is_exact = false;  ///< Equals one rank's training, but for rounding.
  std::function<std::unique_ptr<OuterMethod>(int period)> make;
};
/// Throws UsageError that lists the known names.
[[nodiscard]] const OuterMethodKind& find_outer_method(const std::string& name);

}  // namespace assay::workloads
