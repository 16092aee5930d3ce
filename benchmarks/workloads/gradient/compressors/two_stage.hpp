#pragma once
/// @file
/// Sum of encoded vectors in two stages, as 1-bit Adam does (Tang et al., ICML 2021): every rank
/// encodes and sends each rank its part (all-to-all); the part's owner decodes, adds in the order
/// of the ranks, encodes the sum, and sends it to all (all-gather). 2((p-1)/p) m' bytes per rank,
/// where an all-gather of whole vectors sends (p-1) m'. Both encodings remember their error.

#include "benchmarks/workloads/gradient/compressors/compressor.hpp"

namespace assay::workloads {

/// Blocks of floats to bytes and back.
struct BlockCodec {
  std::size_t block = 256;          ///< Floats per block.
  std::size_t encoded_block = 260;  ///< Bytes per block.
  void (*encode)(const float* from, std::byte* to) = nullptr;
  /// to += decoded
  void (*add_decoded)(const std::byte* from, float* to) = nullptr;
};

[[nodiscard]] std::unique_ptr<Compressor> make_two_stage(const BlockCodec& codec,
                                                         std::size_t buckets);

}  // namespace assay::workloads
