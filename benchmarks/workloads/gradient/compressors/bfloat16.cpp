/// @file
/// bf16: half the bytes, summed in bf16 by the all-reduce (each addition rounds to 8 bits). What
/// everybody does, hence the baseline the others have to beat. No error feedback: what is lost is
/// rounding of the sums, which no single rank knows.

#include <bit>

#include "benchmarks/workloads/gradient/compressors/compressor.hpp"

namespace assay::workloads {
namespace {

class BFloat16Sum final : public FloatCompressor {
 protected:
  void reduce_floats(Exchange& exchange, const Bucket&, std::span<float> values) override {
    exchange.encode([&] {
      wire_.resize(values.size());
      for (std::size_t i = 0; i < values.size(); ++i) {
        // To nearest even. Gradients are finite, so no case for NaN keeps the loop from
        // vectorising.
        const auto bits = std::bit_cast<std::uint32_t>(values[i]);
        wire_[i] = static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16);
      }
    });
    exchange.all_reduce(std::as_writable_bytes(std::span(wire_)), network::ElementType::bf16);
    exchange.encode([&] {
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = std::bit_cast<float>(static_cast<std::uint32_t>(wire_[i]) << 16);
    });
  }

 private:
  std::vector<network::BFloat16> wire_;
};

const bool bfloat16_registered = Registry<CompressorKind>::add(
    {.about = {.kind = "compressor",
               .name = "bf16",
               .summary = "Half the bytes; summed in bf16. The baseline of the others.",
               .metrics = {},
               .verification = "error of a reduction within (p+1) 2^-9; the loss falls"},
     .dtype = "bf16",
     // Each conversion and each of the additions rounds to 8 bits.
     .error_bound = [](int ranks) { return ranks * 0x1p-9 + 0x1p-9; },
     .make = [](const CompressorOptions&, std::size_t) -> std::unique_ptr<Compressor> {
       return std::make_unique<BFloat16Sum>();
     }});

}  // namespace
}  // namespace assay::workloads
