/// @file
/// diloco: as local_sgd, but the mean move is the gradient of an outer Nesterov step (rate 0.7,
/// momentum 0.9). Douillard et al., "DiLoCo", arXiv 2311.08105; its inner optimiser is AdamW, here
/// plain gradient descent, as everywhere in this workload.

#include "benchmarks/workloads/gradient/models/typed_vector.hpp"
#include "benchmarks/workloads/gradient/outer_methods/local_steps.hpp"

namespace assay::workloads {
namespace {

constexpr double outer_rate = 0.7, momentum = 0.9;

class DiLoCo final : public LocalSteps {
 public:
  using LocalSteps::LocalSteps;

 protected:
  /// v = momentum v + move; weights += rate (move + momentum v)
  void apply(Trainer& trainer, std::span<const std::byte> mean_move) override {
    velocity_.resize(mean_move.size());
    scale(trainer.type(), velocity_, momentum);
    add_scaled(trainer.type(), velocity_, 1, mean_move);
    add_scaled(trainer.type(), trainer.mutable_weights(), outer_rate, mean_move);
    add_scaled(trainer.type(), trainer.mutable_weights(), outer_rate * momentum, velocity_);
  }

 private:
  std::vector<std::byte> velocity_;
};

const bool diloco_registered = Registry<OuterMethodKind>::add(
    {.about = {.kind = "outer method",
               .name = "diloco",
               .summary = "An outer Nesterov step on the mean move of every H (--period) steps.",
               .metrics = {},
               .verification = "the loss falls; the same bits on all ranks after a round"},
     .is_local = true,
     .make = [](int period) -> std::unique_ptr<OuterMethod> {
       return std::make_unique<DiLoCo>(period);
     }});

}  // namespace
}  // namespace assay::workloads
