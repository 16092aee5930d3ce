#include "benchmarks/workloads/gradient/compressors/bucket.hpp"

namespace assay::workloads {

std::vector<Bucket> make_buckets(std::span<const Tensor> tensors, const BucketOptions& options,
                                 std::size_t element) {
  std::vector<Bucket> buckets;
  Bucket open;
  for (const Tensor& tensor : tensors) {
    open.tensors.push_back(tensor);
    open.count += tensor.size();
    const Bytes limit = buckets.empty() ? options.first : options.further;
    if (bytes_of(open.count * element) < limit) continue;
    buckets.push_back(open);
    open = {.index = buckets.size(), .begin = buckets.back().end(), .tensors = {}};
  }
  if (open.count > 0) buckets.push_back(open);
  return buckets;
}

}  // namespace assay::workloads
