#pragma once
/// @file
/// What local SGD and DiLoCo share: H steps on this rank's own rows, then the mean of what the
/// ranks moved by, each weighted by its rows.

#include <vector>

#include "benchmarks/workloads/gradient/training/trainer.hpp"

namespace assay::workloads {

class LocalSteps : public OuterMethod {
 public:
  explicit LocalSteps(int period) : period_(period) {}
  void round(Trainer& trainer) final;
  void communicate(Trainer& trainer) final;

 protected:
  /// weights = start + something made of the mean move. The weights hold `start` when called.
  virtual void apply(Trainer& trainer, std::span<const std::byte> mean_move) = 0;

 private:
  int period_;
  std::vector<std::byte> start_;
};

}  // namespace assay::workloads
