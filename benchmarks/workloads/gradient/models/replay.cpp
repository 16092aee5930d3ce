/// @file
/// Replays of networks too large for a probe: the layer shapes of ResNet-50, BERT-large and GPT-2
/// (layer_shapes.hpp), with calibrated compute in place of their arithmetic.
///
/// Each layer's backward is a GEMM repeated until its share of the compute time is used, its share
/// by multiply-adds; a third of the time is forward, as backward costs twice that. The gradients
/// are real numbers with a known truth: of the loss (w - t)^2 / 2 per parameter and row, t known.
/// `replay-shrink` divides the parameters (not the number of layers): at 64, GPT-2's 498 MB of
/// gradient are 7.8 MB. Not replayed: the layers' memory traffic and their activations.

#include <algorithm>
#include <cmath>

#include "benchmarks/workloads/gradient/models/calibrated_work.hpp"
#include "benchmarks/workloads/gradient/models/layer_shapes.hpp"
#include "benchmarks/workloads/gradient/models/made_data.hpp"
#include "benchmarks/workloads/gradient/models/typed_vector.hpp"

namespace assay::workloads {
namespace {

class Replay final : public GradientModel {
 public:
  Replay(std::vector<LayerShape> layers, const ModelOptions& options, Shard shard)
      : layers_(std::move(layers)), rows_(static_cast<double>(shard.count)) {
    std::reverse(layers_.begin(), layers_.end());
    double all = 0;
    for (LayerShape& layer : layers_) {
      const double rows = static_cast<double>(layer.tensor.rows) / options.shrink;
      layer.tensor.rows = std::max<std::size_t>(1, static_cast<std::size_t>(std::llround(rows)));
      all += layer.multiply_adds;
    }
    const Seconds mine =
        rows_ / static_cast<double>(std::max<std::size_t>(options.rows, 1)) * options.compute;
    forward_ = mine / 3;
    for (const LayerShape& layer : layers_)
      backward_.push_back(2 * mine / 3 * (layer.multiply_adds / all));
  }

  network::ElementType type() const override { return network::ElementType::f32; }
  std::vector<Tensor> tensors() const override {
    std::vector<Tensor> all;
    for (const LayerShape& layer : layers_) all.push_back(layer.tensor);
    return all;
  }
  std::optional<double> flops() const override { return std::nullopt; }
  void initialise(std::span<std::byte> weights) const override {
    std::ranges::fill(elements<float>(weights), 0.0F);
  }
  double gradient_sum(std::span<const std::byte> weights, std::span<std::byte> gradient,
                      const ComputeHooks& hooks) override {
    const auto w = elements<float>(weights);
    const auto g = elements<float>(gradient);
    if (targets_.empty()) {
      targets_.resize(w.size());
      for (std::size_t i = 0; i < w.size(); ++i) targets_[i] = static_cast<float>(uniform(i, 7));
    }
    work_.run(forward_, hooks.pause);
    double loss = 0;
    std::size_t end = 0;
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
      work_.run(backward_[layer], hooks.pause);
      const std::size_t begin = end;
      end += layers_[layer].tensor.size();
      float squares = 0;
      for (std::size_t i = begin; i < end; ++i) {
        const float away = w[i] - targets_[i];
        g[i] = static_cast<float>(rows_) * away;
        squares += away * away;
      }
      loss += 0.5 * rows_ * static_cast<double>(squares);
      hooks.ready(end);
    }
    return loss;
  }

 private:
  std::vector<LayerShape> layers_;  ///< In the order of backward.
  double rows_;
  Seconds forward_{0};
  std::vector<Seconds> backward_;
  std::vector<float> targets_;
  CalibratedWork work_;
};

bool add_replay(std::string name, std::string summary, std::vector<LayerShape> (*layers)()) {
  return Registry<GradientModelKind>::add(
      {.about = {.kind = "gradient model",
                 .name = std::move(name),
                 .summary = std::move(summary),
                 .metrics = {},
                 .verification = "K ranks equal one rank to 2e-5 relative; the loss falls"},
       .rows = 256,
       .learning_rate = 0.3,
       .make = [layers](const ModelOptions& options,
                        Shard shard) -> std::unique_ptr<GradientModel> {
         return std::make_unique<Replay>(layers(), options, shard);
       }});
}

const bool replay_registered =
    add_replay("resnet50", "Replay of ResNet-50's layer shapes, calibrated compute.",
               resnet50_layers) &&
    add_replay("bert_large", "Replay of BERT-large's layer shapes, calibrated compute.",
               bert_large_layers) &&
    add_replay("gpt2", "Replay of GPT-2's (124 M) layer shapes, calibrated compute.", gpt2_layers);

}  // namespace
}  // namespace assay::workloads
