#pragma once
/// @file
/// A compressor: the sum of a bucket over the ranks, in fewer bytes and not quite.
///
/// One .cpp registers a CompressorKind. What a compressor leaves out it remembers and adds to the
/// next step's gradient (error feedback: Seide et al., Interspeech 2014; Karimireddy et al., ICML
/// 2019), without which top-k and one bit need not converge. Decoding goes in the order of the
/// ranks, so that all ranks hold the same bits.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/workloads/gradient/compressors/bucket.hpp"
#include "benchmarks/workloads/gradient/compressors/exchange.hpp"

namespace assay::workloads {

class Compressor {
 public:
  virtual ~Compressor() = default;
  /// Replaces this rank's values by their sum over the ranks. Collective. One call at a time.
  virtual void reduce(Exchange& exchange, const Bucket& bucket, std::span<std::byte> values,
                      network::ElementType type) = 0;
};

/// Those that work on f32: other types are converted, in the encode time.
class FloatCompressor : public Compressor {
 public:
  void reduce(Exchange& exchange, const Bucket& bucket, std::span<std::byte> values,
              network::ElementType type) final;

 protected:
  virtual void reduce_floats(Exchange& exchange, const Bucket& bucket, std::span<float> values) = 0;

 private:
  std::vector<float> floats_;
};

/// What was left out of each bucket so far.
class ErrorMemory {
 public:
  explicit ErrorMemory(std::size_t buckets) : memory_(buckets) {}
  /// Zero at first.
  [[nodiscard]] std::span<float> of(const Bucket& bucket, std::size_t count);

 private:
  std::vector<std::vector<float>> memory_;
};

struct CompressorOptions {
  double density = 0.01;  ///< top_k: the share of the elements that is sent.
  int rank = 4;           ///< powersgd.
};

struct CompressorKind {
  Description about;  ///< kind = "compressor"
  std::string dtype;  ///< Of what travels; empty: the model's own.
  /// Of one reduction without memory: |result - sum| <= error_bound (sum of the ranks' norms).
  std::function<double(int ranks)> error_bound;
  std::function<std::unique_ptr<Compressor>(const CompressorOptions&, std::size_t buckets)> make;
};
/// Throws UsageError that lists the known names.
[[nodiscard]] const CompressorKind& find_compressor(const std::string& name);

}  // namespace assay::workloads
