/// @file
/// every_step: gradients are summed in every step; K ranks do what one would.

#include "benchmarks/workloads/gradient/training/trainer.hpp"
#include "probes/core/errors.hpp"

namespace assay::workloads {
namespace {

class EveryStep final : public OuterMethod {
 public:
  void round(Trainer& trainer) override {
    trainer.gradient_of_all();
    trainer.descend(trainer.rows());
  }
  void communicate(Trainer& trainer) override { trainer.communicate_only(); }
};

const bool every_step_registered = Registry<OuterMethodKind>::add(
    {.about = {.kind = "outer method",
               .name = "every_step",
               .summary = "Gradients are summed over the ranks in every step.",
               .metrics = {},
               .verification = "K ranks equal one rank"},
     .is_exact = true,
     .make = [](int) -> std::unique_ptr<OuterMethod> { return std::make_unique<EveryStep>(); }});

}  // namespace

const OuterMethodKind& find_outer_method(const std::string& name) {
  if (const auto* found = Registry<OuterMethodKind>::find(name)) return *found;
  throw UsageError("unknown outer method '" + name + "'; expected one of " +
                   known_names<OuterMethodKind>());
}

}  // namespace assay::workloads
