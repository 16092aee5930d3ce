/// @file
/// one_bit: the signs of blocks of 1024 values and one f32, their mean magnitude: 132 bytes for
/// 4096. Seide et al., Interspeech 2014; the scale that minimises the block's squared error.

#include <cmath>
#include <cstring>

#include "benchmarks/workloads/gradient/compressors/two_stage.hpp"

namespace assay::workloads {
namespace {

constexpr std::size_t sign_block = 1024, byte_bits = 8;

void encode_signs(const float* from, std::byte* to) {
  float sum = 0;
  for (std::size_t i = 0; i < sign_block; ++i) sum += std::abs(from[i]);
  const float scale = sum / static_cast<float>(sign_block);
  std::memcpy(to, &scale, sizeof scale);
  std::byte* const bits = to + sizeof scale;
  for (std::size_t i = 0; i < sign_block; i += byte_bits) {
    unsigned byte = 0;
    for (std::size_t bit = 0; bit < byte_bits; ++bit)
      byte |= static_cast<unsigned>(from[i + bit] >= 0) << bit;
    bits[i / byte_bits] = static_cast<std::byte>(byte);
  }
}

void add_signs(const std::byte* from, float* to) {
  float scale = 0;
  std::memcpy(&scale, from, sizeof scale);
  const std::byte* const bits = from + sizeof scale;
  for (std::size_t i = 0; i < sign_block; i += byte_bits) {
    const auto byte = static_cast<unsigned>(bits[i / byte_bits]);
    for (std::size_t bit = 0; bit < byte_bits; ++bit)
      to[i + bit] += ((byte >> bit) & 1U) != 0 ? scale : -scale;
  }
}

const bool one_bit_registered = Registry<CompressorKind>::add(
    {.about = {.kind = "compressor",
               .name = "one_bit",
               .summary = "Signs and a scale for each 1024, error feedback.",
               .metrics = {},
               .verification = "a reduction is off by at most the sum's parts; the loss falls"},
     .dtype = "1bit",
     // Each encoding's error is at most the norm of what it encodes, in both stages.
     .error_bound = [](int) { return 2.0; },
     .make =
         [](const CompressorOptions&, std::size_t buckets) {
           return make_two_stage({.block = sign_block,
                                  .encoded_block = sign_block / byte_bits + sizeof(float),
                                  .encode = encode_signs,
                                  .add_decoded = add_signs},
                                 buckets);
         }});

}  // namespace
}  // namespace assay::workloads
