#include "benchmarks/workloads/gradient/compressors/two_stage.hpp"

#include <algorithm>

namespace assay::workloads {
namespace {

class TwoStage final : public FloatCompressor {
 public:
  TwoStage(const BlockCodec& codec, std::size_t buckets)
      : codec_(codec), own_error_(buckets), sum_error_(buckets) {}

 protected:
  void reduce_floats(Exchange& exchange, const Bucket& bucket, std::span<float> values) override {
    const auto ranks = static_cast<std::size_t>(exchange.size());
    const std::size_t blocks_per_part =
        (values.size() + codec_.block * ranks - 1) / (codec_.block * ranks);
    const std::size_t part = blocks_per_part * codec_.block;
    const std::size_t wire_part = blocks_per_part * codec_.encoded_block;
    outgoing_.resize(ranks * wire_part);
    incoming_.resize(ranks * wire_part);

    exchange.encode([&] {
      padded_.assign(ranks * part, 0.0F);
      std::ranges::copy(values, padded_.begin());
      encode(padded_, own_error_.of(bucket, ranks * part), outgoing_);
    });
    exchange.all_to_all(outgoing_, incoming_);
    exchange.encode([&] {
      sum_.assign(part, 0.0F);
      for (std::size_t rank = 0; rank < ranks; ++rank)
        add_decoded(std::span(incoming_).subspan(rank * wire_part, wire_part), sum_);
      encode(sum_, sum_error_.of(bucket, part), std::span(outgoing_).first(wire_part));
    });
    exchange.all_gather(std::span(outgoing_).first(wire_part), incoming_);
    exchange.encode([&] {
      std::ranges::fill(padded_, 0.0F);
      add_decoded(incoming_, padded_);
      std::copy_n(padded_.begin(), values.size(), values.begin());
    });
  }

 private:
  /// Of values + error; the new error is what the decoded lacks.
  void encode(std::span<float> values, std::span<float> error, std::span<std::byte> to) const {
    std::byte* out = to.data();
    std::vector<float> decoded(codec_.block);
    for (std::size_t first = 0; first < values.size(); first += codec_.block) {
      float* const block = values.data() + first;
      for (std::size_t i = 0; i < codec_.block; ++i) block[i] += error[first + i];
      codec_.encode(block, out);
      std::ranges::fill(decoded, 0.0F);
      codec_.add_decoded(out, decoded.data());
      for (std::size_t i = 0; i < codec_.block; ++i) error[first + i] = block[i] - decoded[i];
      out += codec_.encoded_block;
    }
  }
  void add_decoded(std::span<const std::byte> from, std::span<float> to) const {
    const std::byte* in = from.data();
    for (std::size_t first = 0; first < to.size(); first += codec_.block) {
      codec_.add_decoded(in, to.data() + first);
      in += codec_.encoded_block;
    }
  }

  BlockCodec codec_;
  ErrorMemory own_error_, sum_error_;
  std::vector<float> padded_, sum_;
  std::vector<std::byte> outgoing_, incoming_;
};

}  // namespace

std::unique_ptr<Compressor> make_two_stage(const BlockCodec& codec, std::size_t buckets) {
  return std::make_unique<TwoStage>(codec, buckets);
}

}  // namespace assay::workloads
