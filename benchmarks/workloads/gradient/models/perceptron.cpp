/// @file
/// Multi-layer perceptron in f32: rectified layers, softmax, cross entropy; forward and backward by
/// GEMM. Backward goes layer by layer, so that the last layer's gradient can travel while the first
/// is computed. Flops: 6 per weight and row (2 forward, 4 backward), less the first layer's 2.

#include <cblas.h>

#include <algorithm>
#include <cmath>

#include "benchmarks/workloads/gradient/models/gradient_model.hpp"
#include "benchmarks/workloads/gradient/models/made_data.hpp"
#include "benchmarks/workloads/gradient/models/typed_vector.hpp"

namespace assay::workloads {
namespace {

/// C (m x n) = op(A) op(B) + beta C in slices of rows of C, with a pause after each.
struct Gemm {
  bool is_a_transposed = false, is_b_transposed = false;
  std::size_t m = 0, n = 0, k = 0;
  const float* a = nullptr;
  const float* b = nullptr;
  float* c = nullptr;
  float beta = 0;

  /// Gives its FLOPs.
  double run(const std::function<void()>& pause) const {
    double flops = 0;
    if (m == 0 || n == 0 || k == 0) return flops;
    // About 0.3 ms of one core at 50 GFLOP/s.
    constexpr double slice_flops = 16e6;
    const auto slice = static_cast<std::size_t>(
        std::max(16.0, slice_flops / (2.0 * static_cast<double>(n) * static_cast<double>(k))));
    for (std::size_t first = 0; first < m; first += slice) {
      const std::size_t count = std::min(slice, m - first);
      cblas_sgemm(
          CblasRowMajor, is_a_transposed ? CblasTrans : CblasNoTrans,
          is_b_transposed ? CblasTrans : CblasNoTrans, static_cast<int>(count), static_cast<int>(n),
          static_cast<int>(k), 1.0F, a + (is_a_transposed ? first : first * k),
          static_cast<int>(is_a_transposed ? m : k), b, static_cast<int>(is_b_transposed ? k : n),
          beta, c + first * n, static_cast<int>(n));
      flops += 2 * static_cast<double>(count * n * k);
      pause();
    }
    return flops;
  }
};

class Perceptron final : public GradientModel {
 public:
  Perceptron(const ModelOptions& options, Shard shard)
      : widths_(options.widths), rows_(shard.count), labels_(shard.count) {
    for (const std::size_t width : widths_) {
      activations_.emplace_back(rows_ * width);
      deltas_.emplace_back(rows_ * width);
    }
    for (std::size_t i = 0; i < rows_; ++i) make_row(i, shard.first + i);
    // Last layer first.
    std::size_t offset = 0;
    for (std::size_t layer = layers(); layer-- > 0;) {
      offsets_.insert(offsets_.begin(), offset);
      offset += inputs(layer) * outputs(layer) + outputs(layer);
    }
  }

  network::ElementType type() const override { return network::ElementType::f32; }
  std::vector<Tensor> tensors() const override {
    std::vector<Tensor> all;
    for (std::size_t layer = layers(); layer-- > 0;) {
      all.push_back({outputs(layer), inputs(layer)});
      all.push_back({outputs(layer), 1});
    }
    return all;
  }
  /// He et al. 2015: variance 2 / inputs keeps the scale through rectified layers.
  std::optional<double> flops() const override { return flops_; }
  void initialise(std::span<std::byte> weights) const override {
    const auto values = elements<float>(weights);
    for (std::size_t layer = 0; layer < layers(); ++layer) {
      const double spread = std::sqrt(6.0 / static_cast<double>(inputs(layer)));
      const auto part = values.subspan(offsets_[layer]);
      for (std::size_t i = 0; i < inputs(layer) * outputs(layer); ++i)
        part[i] = static_cast<float>(spread * uniform(i, 1'000'000 + layer));
      std::ranges::fill(part.subspan(inputs(layer) * outputs(layer), outputs(layer)), 0.0F);
    }
  }

  double gradient_sum(std::span<const std::byte> weights, std::span<std::byte> gradient,
                      const ComputeHooks& hooks) override {
    const auto w = elements<float>(weights);
    const auto g = elements<float>(gradient);
    flops_ = 0;
    for (std::size_t layer = 0; layer < layers(); ++layer) forward(layer, w, hooks);
    const double loss = softmax();
    for (std::size_t layer = layers(); layer-- > 0;) {
      differentiate(layer, g, hooks);
      // Before the deltas go one layer down: a whole GEMM more to hide the layer's bucket behind.
      hooks.ready(offsets_[layer] + inputs(layer) * outputs(layer) + outputs(layer));
      if (layer > 0) pass_down(layer, w, hooks);
    }
    return loss;
  }

 private:
  std::size_t layers() const { return widths_.size() - 1; }
  std::size_t inputs(std::size_t layer) const { return widths_[layer]; }
  std::size_t outputs(std::size_t layer) const { return widths_[layer + 1]; }

  /// The label is the largest of as many linear scores as there are classes.
  void make_row(std::size_t i, std::size_t row) {
    const std::size_t inputs = widths_.front(), classes = widths_.back();
    std::vector<double> scores(classes);
    for (std::size_t j = 0; j < inputs; ++j) {
      const double x = uniform(row, j);
      activations_.front()[i * inputs + j] = static_cast<float>(x);
      scores[j % classes] += x * uniform(j, 2'000'000);
    }
    labels_[i] =
        static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
  }

  void forward(std::size_t layer, std::span<const float> w, const ComputeHooks& hooks) {
    const std::size_t in = inputs(layer), out = outputs(layer);
    std::vector<float>& result = activations_[layer + 1];
    const float* const weights = w.data() + offsets_[layer];
    const float* const bias = weights + in * out;
    for (std::size_t i = 0; i < rows_; ++i) std::copy_n(bias, out, &result[i * out]);
    flops_ += Gemm{.is_b_transposed = true,
                   .m = rows_,
                   .n = out,
                   .k = in,
                   .a = activations_[layer].data(),
                   .b = weights,
                   .c = result.data(),
                   .beta = 1}
                  .run(hooks.pause);
    if (layer + 1 < layers())
      for (float& value : result) value = std::max(value, 0.0F);
  }

  /// Turns the last scores into the last deltas, probability minus label; gives the loss.
  double softmax() {
    const std::size_t classes = widths_.back();
    double loss = 0;
    for (std::size_t i = 0; i < rows_; ++i) {
      const float* const scores = &activations_.back()[i * classes];
      float* const delta = &deltas_.back()[i * classes];
      const float largest = *std::max_element(scores, scores + classes);
      float sum = 0;
      for (std::size_t c = 0; c < classes; ++c) sum += delta[c] = std::exp(scores[c] - largest);
      for (std::size_t c = 0; c < classes; ++c) delta[c] /= sum;
      loss += std::log(sum) - (scores[labels_[i]] - largest);
      delta[labels_[i]] -= 1;
    }
    return loss;
  }

  /// The gradient of one layer's weights and bias, from its deltas and inputs.
  void differentiate(std::size_t layer, std::span<float> g, const ComputeHooks& hooks) {
    const std::size_t in = inputs(layer), out = outputs(layer);
    const auto gradient = g.subspan(offsets_[layer], in * out + out);
    const std::vector<float>& delta = deltas_[layer + 1];
    if (rows_ == 0) {
      std::ranges::fill(gradient, 0.0F);
      return;
    }
    Gemm{.is_a_transposed = true,
         .m = out,
         .n = in,
         .k = rows_,
         .a = delta.data(),
         .b = activations_[layer].data(),
         .c = gradient.data()}
        .run(hooks.pause);
    const auto bias = gradient.subspan(in * out);
    std::ranges::fill(bias, 0.0F);
    for (std::size_t i = 0; i < rows_; ++i)
      for (std::size_t j = 0; j < out; ++j) bias[j] += delta[i * out + j];
  }

  /// The deltas of the layer before, from this layer's.
  void pass_down(std::size_t layer, std::span<const float> w, const ComputeHooks& hooks) {
    std::vector<float>& before = deltas_[layer];
    Gemm{.m = rows_,
         .n = inputs(layer),
         .k = outputs(layer),
         .a = deltas_[layer + 1].data(),
         .b = w.data() + offsets_[layer],
         .c = before.data()}
        .run(hooks.pause);
    for (std::size_t i = 0; i < before.size(); ++i)
      if (activations_[layer][i] <= 0) before[i] = 0;
  }

  std::vector<std::size_t> widths_;
  std::size_t rows_;
  std::vector<std::size_t> labels_, offsets_;
  std::vector<std::vector<float>> activations_, deltas_;
  double flops_ = 0;
};

const bool perceptron_registered = Registry<GradientModelKind>::add(
    {.about = {.kind = "gradient model",
               .name = "perceptron",
               .summary = "Gradient of a multi-layer perceptron, f32, layer by layer.",
               .metrics = {},
               .verification = "K ranks equal one rank to 2e-5 relative; the loss falls"},
     .rows = 2048,
     .learning_rate = 0.1,
     .make = [](const ModelOptions& options, Shard shard) -> std::unique_ptr<GradientModel> {
       return std::make_unique<Perceptron>(options, shard);
     }});

}  // namespace
}  // namespace assay::workloads
