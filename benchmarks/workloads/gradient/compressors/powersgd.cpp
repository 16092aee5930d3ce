/// @file
/// PowerSGD of rank r: M (n x k) ~ P Q^T by one step of power iteration, warm-started, in two
/// all-reduces of r n and r k values. Vogels, Karimireddy & Jaggi, NeurIPS 2019, algorithm 1.
/// Vectors, and matrices that would not become smaller, travel as they are, with P.

#include <cblas.h>

#include <algorithm>
#include <cmath>

#include "benchmarks/workloads/gradient/compressors/compressor.hpp"
#include "benchmarks/workloads/gradient/models/made_data.hpp"

namespace assay::workloads {
namespace {

class PowerSgd final : public FloatCompressor {
 public:
  PowerSgd(int rank, std::size_t buckets)
      : rank_(static_cast<std::size_t>(rank)), error_(buckets), starts_(buckets) {}

 protected:
  void reduce_floats(Exchange& exchange, const Bucket& bucket, std::span<float> values) override {
    const std::span<float> error = error_.of(bucket, values.size());
    std::vector<float>& q = starts_[bucket.index];
    exchange.encode([&] {
      for (std::size_t i = 0; i < values.size(); ++i) error[i] += values[i];
      start(bucket, q);
      left_.clear();
      for_each(bucket, [&](const Tensor& t, std::size_t at, std::size_t q_at) {
        if (!is_compressed(t)) {
          left_.insert(left_.end(), &error[at], &error[at] + t.size());
          return;
        }
        const std::size_t p_at = left_.size();
        left_.resize(p_at + t.rows * rank_);
        multiply(CblasNoTrans, t.rows, rank_, t.columns, &error[at], t.columns, &q[q_at],
                 &left_[p_at]);
      });
    });
    exchange.all_reduce(std::as_writable_bytes(std::span(left_)), network::ElementType::f32);
    exchange.encode([&] {
      std::size_t p_at = 0;
      for_each(bucket, [&](const Tensor& t, std::size_t at, std::size_t q_at) {
        if (is_compressed(t)) {
          orthonormalise(&left_[p_at], t.rows);
          multiply(CblasTrans, t.columns, rank_, t.rows, &error[at], t.columns, &left_[p_at],
                   &q[q_at]);
        }
        p_at += is_compressed(t) ? t.rows * rank_ : t.size();
      });
    });
    exchange.all_reduce(std::as_writable_bytes(std::span(q)), network::ElementType::f32);
    exchange.encode([&] { decode(exchange.size(), bucket, q, error, values); });
  }

 private:
  bool is_compressed(const Tensor& t) const {
    return rank_ * (t.rows + t.columns) < t.size() && std::min(t.rows, t.columns) > rank_;
  }
  /// With the tensor's place among the values, and its Q's place among the Qs.
  template <class Function>
  void for_each(const Bucket& bucket, const Function& function) const {
    std::size_t at = 0, q_at = 0;
    for (const Tensor& t : bucket.tensors) {
      function(t, at, q_at);
      at += t.size();
      if (is_compressed(t)) q_at += t.columns * rank_;
    }
  }
  /// The same on all ranks. A column that vanished, because the gradient had no such direction,
  /// would stay zero for ever: it starts again.
  void start(const Bucket& bucket, std::vector<float>& q) const {
    std::size_t count = 0;
    for (const Tensor& t : bucket.tensors) count += is_compressed(t) ? t.columns * rank_ : 0;
    q.resize(count);
    for_each(bucket, [&](const Tensor& t, std::size_t, std::size_t at) {
      if (!is_compressed(t)) return;
      for (std::size_t column = 0; column < rank_; ++column) {
        bool is_zero = true;
        for (std::size_t i = 0; i < t.columns && is_zero; ++i)
          is_zero = q[at + i * rank_ + column] == 0;
        for (std::size_t i = 0; i < t.columns && is_zero; ++i)
          q[at + i * rank_ + column] =
              static_cast<float>(uniform(at + i * rank_ + column, 3'000'000 + bucket.index));
      }
    });
  }

  /// c (m x n) = op(a) (m x k) b (k x n)
  static void multiply(CBLAS_TRANSPOSE transpose, std::size_t m, std::size_t n, std::size_t k,
                       const float* a, std::size_t leading, const float* b, float* c) {
    cblas_sgemm(CblasRowMajor, transpose, CblasNoTrans, static_cast<int>(m), static_cast<int>(n),
                static_cast<int>(k), 1.0F, a, static_cast<int>(leading), b, static_cast<int>(n),
                0.0F, c, static_cast<int>(n));
  }

  /// Gram-Schmidt over the columns, in f64 sums; a column that vanishes stays zero.
  void orthonormalise(float* p, std::size_t rows) const {
    for (std::size_t column = 0; column < rank_; ++column) {
      double before = 0;
      for (std::size_t i = 0; i < rows; ++i) before += square(p[i * rank_ + column]);
      for (std::size_t other = 0; other < column; ++other) {
        double product = 0;
        for (std::size_t i = 0; i < rows; ++i)
          product += static_cast<double>(p[i * rank_ + column]) *
                     static_cast<double>(p[i * rank_ + other]);
        for (std::size_t i = 0; i < rows; ++i)
          p[i * rank_ + column] -= static_cast<float>(product) * p[i * rank_ + other];
      }
      double norm = 0;
      for (std::size_t i = 0; i < rows; ++i) norm += square(p[i * rank_ + column]);
      // What is left of a dependent column is rounding: scaled up it would not be orthogonal.
      const double factor = norm > 1e-10 * before ? 1 / std::sqrt(norm) : 0;
      for (std::size_t i = 0; i < rows; ++i) p[i * rank_ + column] *= static_cast<float>(factor);
    }
  }
  static double square(float value) {
    return static_cast<double>(value) * static_cast<double>(value);
  }

  void decode(int ranks, const Bucket& bucket, std::span<const float> q, std::span<float> error,
              std::span<float> values) const {
    std::size_t p_at = 0;
    const float share = 1.0F / static_cast<float>(ranks);
    for_each(bucket, [&](const Tensor& t, std::size_t at, std::size_t q_at) {
      float* const out = &values[at];
      if (is_compressed(t)) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(t.rows),
                    static_cast<int>(t.columns), static_cast<int>(rank_), 1.0F, &left_[p_at],
                    static_cast<int>(rank_), &q[q_at], static_cast<int>(rank_), 0.0F, out,
                    static_cast<int>(t.columns));
        for (std::size_t i = 0; i < t.size(); ++i) error[at + i] -= share * out[i];
        p_at += t.rows * rank_;
        return;
      }
      std::copy_n(&left_[p_at], t.size(), out);
      std::fill_n(&error[at], t.size(), 0.0F);
      p_at += t.size();
    });
  }

  std::size_t rank_;
  ErrorMemory error_;
  std::vector<std::vector<float>> starts_;  ///< Q of each bucket, from step to step.
  std::vector<float> left_;
};

const bool powersgd_registered = Registry<CompressorKind>::add(
    {.about = {.kind = "compressor",
               .name = "powersgd",
               .summary = "Matrices as products of rank r (--powersgd-rank), error feedback.",
               .metrics = {},
               .verification = "a reduction is off by at most the parts' norms; the loss falls"},
     .dtype = "f32",
     .error_bound = [](int) { return 1.01; },
     .make = [](const CompressorOptions& options,
                std::size_t buckets) -> std::unique_ptr<Compressor> {
       return std::make_unique<PowerSgd>(options.rank, buckets);
     }});

}  // namespace
}  // namespace assay::workloads
