/// @file
/// linear_regression as a gradient model, in f64; the arithmetic is linear_regression.hpp's.

#include "benchmarks/workloads/gradient/models/gradient_model.hpp"
#include "benchmarks/workloads/gradient/models/typed_vector.hpp"

namespace assay::workloads {
namespace {

class LinearRegression final : public GradientModel {
 public:
  LinearRegression(const ModelOptions& options, Shard shard) : data_(shard, options.features) {}

  network::ElementType type() const override { return network::ElementType::f64; }
  std::vector<Tensor> tensors() const override { return {{data_.features(), 1}}; }
  std::optional<double> flops() const override { return data_.flops(); }
  void initialise(std::span<std::byte> weights) const override {
    const auto values = elements<double>(weights);
    for (std::size_t j = 0; j < values.size(); ++j) values[j] = 0.01 * static_cast<double>(j + 1);
  }
  double gradient_sum(std::span<const std::byte> weights, std::span<std::byte> gradient,
                      const ComputeHooks& hooks) override {
    const double loss = data_.gradient_sum(elements<double>(weights), elements<double>(gradient));
    hooks.ready(data_.features());
    return loss;
  }

 private:
  RegressionData data_;
};

// The rows' second moments are I/3, so a rate of 1 shrinks the error by about a third per step.
const bool linear_regression_model_registered = Registry<GradientModelKind>::add(
    {.about = {.kind = "gradient model",
               .name = "linear_regression",
               .summary = "Gradient of a linear regression, f64.",
               .metrics = {},
               .verification = "K ranks equal one rank to 1e-12 relative; the loss falls"},
     .rows = 100'000,
     .learning_rate = 1,
     .make = [](const ModelOptions& options, Shard shard) -> std::unique_ptr<GradientModel> {
       return std::make_unique<LinearRegression>(options, shard);
     }});

}  // namespace
}  // namespace assay::workloads
