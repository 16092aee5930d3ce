/// @file
/// top_k: the share `density` of the values with the largest magnitudes, as index and value (8
/// bytes each), all-gathered: (p-1) m' bytes, which grows with p. Lin et al., "Deep Gradient
/// Compression", ICLR 2018, which also selects by a threshold from a sample.

#include <algorithm>
#include <cmath>

#include "benchmarks/workloads/gradient/compressors/compressor.hpp"

namespace assay::workloads {
namespace {

struct Pick {
  std::uint32_t index = 0;
  float value = 0;
};

class TopK final : public FloatCompressor {
 public:
  TopK(double density, std::size_t buckets) : density_(density), error_(buckets) {}

 protected:
  void reduce_floats(Exchange& exchange, const Bucket& bucket, std::span<float> values) override {
    const auto ranks = static_cast<std::size_t>(exchange.size());
    const auto k = std::clamp<std::size_t>(
        static_cast<std::size_t>(std::ceil(density_ * static_cast<double>(values.size()))), 1,
        values.size());
    exchange.encode([&] {
      const std::span<float> error = error_.of(bucket, values.size());
      for (std::size_t i = 0; i < values.size(); ++i) error[i] += values[i];
      pick(error, k);
      for (const Pick& p : picks_) error[p.index] -= p.value;
    });
    all_.resize(ranks * k);
    exchange.all_gather(std::as_bytes(std::span(picks_)), std::as_writable_bytes(std::span(all_)));
    exchange.encode([&] {
      std::ranges::fill(values, 0.0F);
      for (const Pick& p : all_) values[p.index] += p.value;
    });
  }

 private:
  /// Into picks_. A threshold from a sample leaves few to sort; where the sample misled, all are.
  void pick(std::span<const float> values, std::size_t k) {
    picks_.clear();
    const float threshold = sampled_threshold(values, k);
    for (std::size_t i = 0; i < values.size(); ++i)
      if (std::abs(values[i]) >= threshold)
        picks_.push_back({static_cast<std::uint32_t>(i), values[i]});
    if (picks_.size() < k) {
      picks_.clear();
      for (std::size_t i = 0; i < values.size(); ++i)
        picks_.push_back({static_cast<std::uint32_t>(i), values[i]});
    }
    std::nth_element(
        picks_.begin(), picks_.begin() + static_cast<std::ptrdiff_t>(k - 1), picks_.end(),
        [](const Pick& a, const Pick& b) { return std::abs(a.value) > std::abs(b.value); });
    picks_.resize(k);
  }

  /// Below the k-th largest magnitude with some room: of every 61st value, the 1.3 k / 61-th.
  float sampled_threshold(std::span<const float> values, std::size_t k) {
    constexpr std::size_t stride = 61;
    const auto wanted =
        static_cast<std::size_t>(1.3 * static_cast<double>(k) / static_cast<double>(stride)) + 8;
    sample_.clear();
    for (std::size_t i = 0; i < values.size(); i += stride) sample_.push_back(std::abs(values[i]));
    if (wanted >= sample_.size()) return 0;
    const auto at = sample_.begin() + static_cast<std::ptrdiff_t>(wanted);
    std::nth_element(sample_.begin(), at, sample_.end(), std::greater<>());
    return *at;
  }

  double density_;
  ErrorMemory error_;
  std::vector<Pick> picks_, all_;
  std::vector<float> sample_;
};

const bool top_k_registered = Registry<CompressorKind>::add(
    {.about = {.kind = "compressor",
               .name = "top_k",
               .summary = "The largest 1 % (--density) as index and value, error feedback.",
               .metrics = {},
               .verification = "a reduction is off by at most the parts' norms; the loss falls"},
     .dtype = "f32+u32",
     .error_bound = [](int) { return 1.0; },
     .make = [](const CompressorOptions& options,
                std::size_t buckets) -> std::unique_ptr<Compressor> {
       return std::make_unique<TopK>(options.density, buckets);
     }});

}  // namespace
}  // namespace assay::workloads
