#pragma once
/// @file
/// Data-parallel gradient of a linear regression: g = X^T (X w - y) / N over rows that K ranks
/// share.
///
/// Exactness: each rank sums over its rows, the sums are added over the ranks, and the total is
/// divided by N once. That is a regrouping of the one-rank sum, so it agrees to rounding however
/// the rows are shared. The mean of the shards' means is another number where shards differ in
/// length. Flops: 4 N d per gradient (two matrix-vector products) + 2 N. Bytes: X is read twice per
/// gradient unless a block stays in cache; blocks are chosen so that it does. Not modelled: input
/// pipelines, optimiser state, anything but the gradient.

#include <cstddef>
#include <span>
#include <vector>

namespace assay::workloads {

/// Rows first .. first + count - 1 of a data set that is a function of the row's number, so that
/// every shard is the same whoever makes it.
struct Shard {
  std::size_t first = 0;
  std::size_t count = 0;
};

/// `ranks` nearly equal shards.
[[nodiscard]] std::vector<Shard> equal_shards(std::size_t rows, int ranks);
/// Shards in proportion to `weights`, empty ones included. @pre weights >= 0, their sum > 0
[[nodiscard]] std::vector<Shard> weighted_shards(std::size_t rows, std::span<const double> weights);

/// One rank's part of the data: X row-major, y = X w_true + noise.
class RegressionData {
 public:
  RegressionData(Shard shard, std::size_t features);

  [[nodiscard]] std::size_t rows() const { return shard_.count; }
  [[nodiscard]] std::size_t features() const { return features_; }
  /// Sum (not mean) over this shard's rows of x (x.w - y); the caller reduces and divides by N
  /// once. Gives the sum of the losses (x.w - y)^2 / 2. Single-threaded.
  /// @pre weights.size() == gradient.size() == features()
  double gradient_sum(std::span<const double> weights, std::span<double> gradient);
  /// Of the two matrix-vector products of the last gradient_sum, block by block: 4 N d.
  [[nodiscard]] double flops() const { return flops_; }

 private:
  Shard shard_;
  std::size_t features_;
  std::vector<double> x_, y_, residual_;
  double flops_ = 0;
};

/// Rows of a block: X's block stays in the L2 cache between its two passes. 16 to 4096.
[[nodiscard]] std::size_t block_rows(std::size_t features);

/// Makes the BLAS use this thread alone: each rank has one core. False when this BLAS has no such
/// switch.
bool make_blas_single_threaded();

}  // namespace assay::workloads
