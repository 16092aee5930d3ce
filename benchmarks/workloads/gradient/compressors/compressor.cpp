#include "benchmarks/workloads/gradient/compressors/compressor.hpp"

#include "benchmarks/workloads/gradient/models/typed_vector.hpp"
#include "probes/core/errors.hpp"

namespace assay::workloads {

void FloatCompressor::reduce(Exchange& exchange, const Bucket& bucket, std::span<std::byte> values,
                             network::ElementType type) {
  if (type == network::ElementType::f32)
    return reduce_floats(exchange, bucket, elements<float>(values));
  exchange.encode([&] {
    floats_.resize(values.size() / network::size_of(type));
    to_floats(type, values, floats_);
  });
  reduce_floats(exchange, bucket, floats_);
  exchange.encode([&] { from_floats(type, floats_, values); });
}

std::span<float> ErrorMemory::of(const Bucket& bucket, std::size_t count) {
  memory_[bucket.index].resize(count);
  return memory_[bucket.index];
}

const CompressorKind& find_compressor(const std::string& name) {
  if (const auto* found = Registry<CompressorKind>::find(name)) return *found;
  throw UsageError("unknown compressor '" + name + "'; expected one of " +
                   known_names<CompressorKind>());
}

}  // namespace assay::workloads
