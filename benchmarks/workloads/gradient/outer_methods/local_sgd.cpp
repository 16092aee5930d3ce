/// @file
/// local_sgd: every H steps the ranks' weights are averaged. Stich, ICLR 2019.

#include "benchmarks/workloads/gradient/models/typed_vector.hpp"
#include "benchmarks/workloads/gradient/outer_methods/local_steps.hpp"

namespace assay::workloads {
namespace {

class LocalSgd final : public LocalSteps {
 public:
  using LocalSteps::LocalSteps;

 protected:
  void apply(Trainer& trainer, std::span<const std::byte> mean_move) override {
    add_scaled(trainer.type(), trainer.mutable_weights(), 1, mean_move);
  }
};

const bool local_sgd_registered = Registry<OuterMethodKind>::add(
    {.about = {.kind = "outer method",
               .name = "local_sgd",
               .summary = "Weights are averaged over the ranks every H (--period) steps.",
               .metrics = {},
               .verification = "the loss falls; the same bits on all ranks after a round"},
     .is_local = true,
     .make = [](int period) -> std::unique_ptr<OuterMethod> {
       return std::make_unique<LocalSgd>(period);
     }});

}  // namespace
}  // namespace assay::workloads
