/// @file
/// none: the exact sum, by the all-reduce in the model's own type.

#include "benchmarks/workloads/gradient/compressors/compressor.hpp"

namespace assay::workloads {
namespace {

class Uncompressed final : public Compressor {
 public:
  void reduce(Exchange& exchange, const Bucket&, std::span<std::byte> values,
              network::ElementType type) override {
    exchange.all_reduce(values, type);
  }
};

const bool uncompressed_registered = Registry<CompressorKind>::add(
    {.about = {.kind = "compressor",
               .name = "none",
               .summary = "The gradient as it is.",
               .metrics = {},
               .verification = "K ranks equal one rank to rounding"},
     .dtype = "",
     .error_bound = [](int) { return 1e-6; },
     .make = [](const CompressorOptions&, std::size_t) -> std::unique_ptr<Compressor> {
       return std::make_unique<Uncompressed>();
     }});

}  // namespace
}  // namespace assay::workloads
