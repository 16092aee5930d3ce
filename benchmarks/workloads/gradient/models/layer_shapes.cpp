#include "benchmarks/workloads/gradient/models/layer_shapes.hpp"

#include <fmt/format.h>

namespace assay::workloads {
namespace {

/// A convolution with its batch norm (2 per output channel) over a square image.
LayerShape convolution(std::string name, std::size_t in, std::size_t out, std::size_t kernel,
                       std::size_t image) {
  return {std::move(name),
          {out, in * kernel * kernel + 2},
          static_cast<double>(in * kernel * kernel * out * image * image)};
}

/// A matrix with bias applied to every token.
LayerShape dense(std::string name, std::size_t in, std::size_t out, std::size_t tokens) {
  return {std::move(name), {out, in + 1}, static_cast<double>(in * out * tokens)};
}

/// A transformer layer: fused query, key and value; projection; two dense of the inner width; two
/// norms. Attention itself has no parameters; its multiply-adds go to the projection.
void add_transformer_layer(std::vector<LayerShape>& layers, std::size_t index, std::size_t width,
                           std::size_t tokens) {
  layers.push_back(dense(fmt::format("layer{}.attention.in", index), width, 3 * width, tokens));
  layers.push_back(dense(fmt::format("layer{}.attention.out", index), width, width, tokens));
  layers.back().multiply_adds += static_cast<double>(2 * tokens * tokens * width);
  layers.push_back({fmt::format("layer{}.norm1", index), {width, 2}, 0});
  layers.push_back(dense(fmt::format("layer{}.dense1", index), width, 4 * width, tokens));
  layers.push_back(dense(fmt::format("layer{}.dense2", index), 4 * width, width, tokens));
  layers.push_back({fmt::format("layer{}.norm2", index), {width, 2}, 0});
}

}  // namespace

std::vector<LayerShape> resnet50_layers() {
  std::vector<LayerShape> layers = {convolution("conv1", 3, 64, 7, 112)};
  struct Stage {
    std::size_t blocks, middle, image;
  };
  std::size_t in = 64, before = 56;
  std::size_t number = 2;
  for (const Stage& stage :
       {Stage{3, 64, 56}, Stage{4, 128, 28}, Stage{6, 256, 14}, Stage{3, 512, 7}}) {
    for (std::size_t block = 0; block < stage.blocks; ++block) {
      const std::string name = fmt::format("conv{}_{}", number, block + 1);
      const std::size_t out = 4 * stage.middle;
      layers.push_back(
          convolution(name + "a", in, stage.middle, 1, block == 0 ? before : stage.image));
      layers.push_back(convolution(name + "b", stage.middle, stage.middle, 3, stage.image));
      layers.push_back(convolution(name + "c", stage.middle, out, 1, stage.image));
      if (block == 0) layers.push_back(convolution(name + "_shortcut", in, out, 1, stage.image));
      in = out;
    }
    before = stage.image;
    ++number;
  }
  layers.push_back(dense("fc", 2048, 1000, 1));
  return layers;
}

std::vector<LayerShape> bert_large_layers() {
  constexpr std::size_t width = 1024, tokens = 512;
  std::vector<LayerShape> layers = {{"embeddings", {30522 + 512 + 2, width}, 0},
                                    {"embeddings.norm", {width, 2}, 0}};
  for (std::size_t i = 0; i < 24; ++i) add_transformer_layer(layers, i, width, tokens);
  layers.push_back(dense("pooler", width, width, 1));
  return layers;
}

std::vector<LayerShape> gpt2_layers() {
  constexpr std::size_t width = 768, tokens = 1024, words = 50257;
  // The embedding is also the output layer, so its work is the last, and its gradient the first
  // half done: it is final only after the embeddings' own backward.
  std::vector<LayerShape> layers = {
      {"embeddings", {words + tokens, width}, static_cast<double>(words * width * tokens)}};
  for (std::size_t i = 0; i < 12; ++i) add_transformer_layer(layers, i, width, tokens);
  layers.push_back({"norm", {width, 2}, 0});
  return layers;
}

}  // namespace assay::workloads
