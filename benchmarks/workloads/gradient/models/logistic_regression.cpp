/// @file
/// Logistic regression in f32: loss = log(1 + exp(-y z)), z = x.w, y = +-1.
/// Flops: 4 d + about 10 per row. Its Hessian is at most a quarter of the second moments.

#include <cblas.h>

#include <algorithm>
#include <cmath>

#include "benchmarks/workloads/gradient/models/gradient_model.hpp"
#include "benchmarks/workloads/gradient/models/made_data.hpp"
#include "benchmarks/workloads/gradient/models/typed_vector.hpp"

namespace assay::workloads {
namespace {

class LogisticRegression final : public GradientModel {
 public:
  LogisticRegression(const ModelOptions& options, Shard shard)
      : features_(options.features),
        rows_(shard.count),
        x_(shard.count * options.features),
        y_(shard.count),
        residual_(block_rows(options.features)) {
    for (std::size_t i = 0; i < rows_; ++i) {
      double score = 0.3 * uniform(shard.first + i, features_);  // noise
      for (std::size_t j = 0; j < features_; ++j) {
        const double x = uniform(shard.first + i, j);
        x_[i * features_ + j] = static_cast<float>(x);
        score += x * (static_cast<double>(j % 7) - 3);
      }
      y_[i] = score > 0 ? 1.0F : 0.0F;
    }
  }

  network::ElementType type() const override { return network::ElementType::f32; }
  std::vector<Tensor> tensors() const override { return {{features_, 1}}; }
  std::optional<double> flops() const override { return flops_; }
  void initialise(std::span<std::byte> weights) const override {
    std::ranges::fill(elements<float>(weights), 0.0F);
  }

  double gradient_sum(std::span<const std::byte> weights, std::span<std::byte> gradient,
                      const ComputeHooks& hooks) override {
    const auto w = elements<float>(weights);
    const auto sum = elements<float>(gradient);
    std::ranges::fill(sum, 0.0F);
    const auto columns = static_cast<int>(features_);
    double loss = 0;
    flops_ = 0;
    for (std::size_t first = 0; first < rows_; first += residual_.size()) {
      const std::size_t count = std::min(residual_.size(), rows_ - first);
      const float* const x = x_.data() + first * features_;
      cblas_sgemv(CblasRowMajor, CblasNoTrans, static_cast<int>(count), columns, 1.0F, x, columns,
                  w.data(), 1, 0.0F, residual_.data(), 1);
      for (std::size_t i = 0; i < count; ++i) loss += to_residual(residual_[i], y_[first + i]);
      cblas_sgemv(CblasRowMajor, CblasTrans, static_cast<int>(count), columns, 1.0F, x, columns,
                  residual_.data(), 1, 1.0F, sum.data(), 1);
      flops_ += 2 * 2 * static_cast<double>(count * features_);
      hooks.pause();
    }
    hooks.ready(features_);
    return loss;
  }

 private:
  /// Score to probability minus label; gives the loss. exp of a negative number only: no overflow.
  static double to_residual(float& score, float label) {
    const float decay = std::exp(-std::abs(score));
    const float probability = (score >= 0 ? 1.0F : decay) / (1.0F + decay);
    const double loss = std::log1p(decay) + std::max(score, 0.0F) - label * score;
    score = probability - label;
    return loss;
  }

  std::size_t features_, rows_;
  std::vector<float> x_, y_, residual_;
  double flops_ = 0;
};

const bool logistic_regression_registered = Registry<GradientModelKind>::add(
    {.about = {.kind = "gradient model",
               .name = "logistic_regression",
               .summary = "Gradient of a logistic regression, f32.",
               .metrics = {},
               .verification = "K ranks equal one rank to 2e-5 relative; the loss falls"},
     .rows = 100'000,
     .learning_rate = 4,
     .make = [](const ModelOptions& options, Shard shard) -> std::unique_ptr<GradientModel> {
       return std::make_unique<LogisticRegression>(options, shard);
     }});

}  // namespace
}  // namespace assay::workloads
