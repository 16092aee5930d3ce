/// @file
/// int8: blocks of 256 values as int8 with one f32 scale, the block's largest magnitude over 127:
/// 260 bytes for 1024.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "benchmarks/workloads/gradient/compressors/two_stage.hpp"

namespace assay::workloads {
namespace {

constexpr std::size_t block_size = 256;

void encode(const float* from, std::byte* to) {
  float largest = 0;
  for (std::size_t i = 0; i < block_size; ++i) largest = std::max(largest, std::abs(from[i]));
  const float scale = largest / 127;
  const float inverse = scale > 0 ? 1 / scale : 0.0F;
  std::memcpy(to, &scale, sizeof scale);
  auto* const out = reinterpret_cast<std::int8_t*>(to + sizeof scale);
  for (std::size_t i = 0; i < block_size; ++i) {
    const float x = from[i] * inverse;
    out[i] = static_cast<std::int8_t>(static_cast<int>(x + (x >= 0 ? 0.5F : -0.5F)));
  }
}

void add_decoded(const std::byte* from, float* to) {
  float scale = 0;
  std::memcpy(&scale, from, sizeof scale);
  const auto* const in = reinterpret_cast<const std::int8_t*>(from + sizeof scale);
  for (std::size_t i = 0; i < block_size; ++i) to[i] += scale * static_cast<float>(in[i]);
}

const bool int8_blocks_registered = Registry<CompressorKind>::add(
    {.about = {.kind = "compressor",
               .name = "int8",
               .summary = "Blocks of 256 as int8 with a scale, error feedback.",
               .metrics = {},
               .verification = "error of a reduction within a tenth; the loss falls"},
     .dtype = "i8",
     // Half a step of 1/127 of the largest, which is at most 16 times the block's r.m.s.: 0.063,
     // in both stages.
     .error_bound = [](int) { return 0.13; },
     .make =
         [](const CompressorOptions&, std::size_t buckets) {
           return make_two_stage({.block = block_size,
                                  .encoded_block = block_size + sizeof(float),
                                  .encode = encode,
                                  .add_decoded = add_decoded},
                                 buckets);
         }});

}  // namespace
}  // namespace assay::workloads
