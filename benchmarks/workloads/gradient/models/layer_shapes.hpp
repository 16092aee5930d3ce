#pragma once
/// @file
/// Layers of three networks that everybody knows: parameters and forward multiply-adds each, in
/// forward order. The totals are those of the papers and of the models that their authors released.
///
/// ResNet-50:  He et al., "Deep Residual Learning", CVPR 2016, table 1 (v1.5 strides, as
/// torchvision
///             and MLPerf use): 25,557,032 parameters, 4.1 G multiply-adds for one 224 x 224 image.
/// BERT-large: Devlin et al., NAACL 2019: 24 layers, width 1024, 30,522 word pieces: 335,141,888
///             with the pooler, without the pre-training heads.
/// GPT-2:      Radford et al. 2019, the released 124 M model: 12 layers, width 768, 50,257 tokens,
///             1,024 positions, tied output: 124,439,808.
/// Not here: what the layers compute, but for their share of the work.

#include <string>
#include <vector>

#include "benchmarks/workloads/gradient/models/gradient_model.hpp"

namespace assay::workloads {

struct LayerShape {
  std::string name;
  Tensor tensor;             ///< All parameters of the layer, biases and norms in its last columns.
  double multiply_adds = 0;  ///< Forward, of one row (an image, a sequence).
};

[[nodiscard]] std::vector<LayerShape> resnet50_layers();
[[nodiscard]] std::vector<LayerShape> bert_large_layers();
[[nodiscard]] std::vector<LayerShape> gpt2_layers();

}  // namespace assay::workloads
