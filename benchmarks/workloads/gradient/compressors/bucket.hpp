#pragma once
/// @file
/// Buckets: consecutive tensors that are sent together. A small first one starts the communication
/// early, large ones after it spare start-ups (Li et al., "PyTorch Distributed", VLDB 2020: 1 MiB,
/// then 25 MiB).

#include <vector>

#include "benchmarks/workloads/gradient/models/gradient_model.hpp"

namespace assay::workloads {

struct BucketOptions {
  Bytes first = 1_MiB;
  Bytes further = 25_MiB;
};

struct Bucket {
  std::size_t index = 0;
  std::size_t begin = 0;  ///< In parameters.
  std::size_t count = 0;
  std::vector<Tensor> tensors;
  [[nodiscard]] std::size_t end() const { return begin + count; }
};

/// Whole tensors, in their order; a bucket is closed by the tensor that fills it, so a tensor
/// larger than the plan's size is a bucket of its own or ends one.
[[nodiscard]] std::vector<Bucket> make_buckets(std::span<const Tensor> tensors,
                                               const BucketOptions& options, std::size_t element);

}  // namespace assay::workloads
