#include "benchmarks/workloads/gradient/models/linear_regression.hpp"

#include <cblas.h>

#include <dlfcn.h>
#include <algorithm>
#include <cassert>
#include <cmath>

#include "benchmarks/workloads/gradient/models/made_data.hpp"

namespace assay::workloads {

std::vector<Shard> equal_shards(std::size_t rows, int ranks) {
  const std::vector<double> weights(static_cast<std::size_t>(ranks), 1);
  return weighted_shards(rows, weights);
}

std::vector<Shard> weighted_shards(std::size_t rows, std::span<const double> weights) {
  double total = 0;
  for (const double weight : weights) total += weight;
  assert(total > 0);
  std::vector<Shard> shards;
  double before = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    before += weights[i];
    const bool is_last = i + 1 == weights.size();
    const auto end = is_last ? rows
                             : std::min(rows, static_cast<std::size_t>(std::llround(
                                                  before / total * static_cast<double>(rows))));
    shards.push_back({first, end - first});
    first = end;
  }
  return shards;
}

std::size_t block_rows(std::size_t features) {
  constexpr std::size_t block_bytes = std::size_t{256} << 10;
  return std::clamp<std::size_t>(block_bytes / (8 * std::max<std::size_t>(features, 1)), 16, 4096);
}

RegressionData::RegressionData(Shard shard, std::size_t features)
    : shard_(shard),
      features_(features),
      x_(shard.count * features),
      y_(shard.count),
      residual_(block_rows(features)) {
  for (std::size_t i = 0; i < shard.count; ++i) {
    const std::size_t row = shard.first + i;
    double y = 0.1 * uniform(row, features);  // noise
    for (std::size_t j = 0; j < features; ++j) {
      x_[i * features + j] = uniform(row, j);
      y += x_[i * features + j] * (1.0 + static_cast<double>(j % 7));
    }
    y_[i] = y;
  }
}

double RegressionData::gradient_sum(std::span<const double> weights, std::span<double> gradient) {
  assert(weights.size() == features_ && gradient.size() == features_);
  std::fill(gradient.begin(), gradient.end(), 0.0);
  const auto columns = static_cast<int>(features_);
  double loss = 0;
  flops_ = 0;
  for (std::size_t first = 0; first < shard_.count; first += residual_.size()) {
    const std::size_t count = std::min(residual_.size(), shard_.count - first);
    const double* const x = x_.data() + first * features_;
    std::copy_n(y_.begin() + static_cast<std::ptrdiff_t>(first), count, residual_.begin());
    // residual = X w - y, then gradient += X^T residual.
    cblas_dgemv(CblasRowMajor, CblasNoTrans, static_cast<int>(count), columns, 1.0, x, columns,
                weights.data(), 1, -1.0, residual_.data(), 1);
    loss += 0.5 * cblas_ddot(static_cast<int>(count), residual_.data(), 1, residual_.data(), 1);
    cblas_dgemv(CblasRowMajor, CblasTrans, static_cast<int>(count), columns, 1.0, x, columns,
                residual_.data(), 1, 1.0, gradient.data(), 1);
    flops_ += 2 * 2 * static_cast<double>(count * features_);
  }
  return loss;
}

bool make_blas_single_threaded() {
  // CBLAS has no portable call for it, and the library may be exchanged: ask whether this one has
  // its own.
  using SetThreads = void (*)(int);
  for (const char* name :
       {"openblas_set_num_threads", "MKL_Set_Num_Threads", "bli_thread_set_num_threads"})
    if (auto* const set = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, name))) {
      set(1);
      return true;
    }
  return false;
}

}  // namespace assay::workloads
