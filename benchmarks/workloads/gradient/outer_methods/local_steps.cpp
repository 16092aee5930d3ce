#include "benchmarks/workloads/gradient/outer_methods/local_steps.hpp"

#include <algorithm>

#include "benchmarks/workloads/gradient/models/typed_vector.hpp"

namespace assay::workloads {

void LocalSteps::round(Trainer& trainer) {
  const std::span<std::byte> weights = trainer.mutable_weights();
  start_.assign(weights.begin(), weights.end());
  for (int step = 0; step < period_; ++step) {
    trainer.gradient_of_own();
    if (trainer.own_rows() > 0) trainer.descend(trainer.own_rows());
  }
  // The weights become the move, the move is averaged, the start comes back.
  add_scaled(trainer.type(), weights, -1, start_);
  scale(trainer.type(), weights,
        static_cast<double>(trainer.own_rows()) / static_cast<double>(trainer.rows()));
  trainer.reduce(weights);
  std::vector<std::byte> move(weights.begin(), weights.end());
  std::ranges::copy(start_, weights.begin());
  apply(trainer, move);
}

void LocalSteps::communicate(Trainer& trainer) {
  trainer.communicate_only();
}

}  // namespace assay::workloads
