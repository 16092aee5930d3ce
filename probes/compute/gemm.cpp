#include "probes/compute/gemm.hpp"

#include <cblas.h>

#include <cmath>
#include <limits>
#include <random>

namespace assay::compute {
namespace {

template <class T>
std::vector<T> random_values(std::size_t count, unsigned seed) {
  std::minstd_rand generator(seed);
  std::uniform_real_distribution<T> uniform(-1, 1);
  std::vector<T> values(count);
  for (T& value : values) value = uniform(generator);
  return values;
}

void multiply(int n, const double* a, const double* b, double* c) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a, n, b, n, 0, c, n);
}
void multiply(int n, const float* a, const float* b, float* c) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a, n, b, n, 0, c, n);
}

/// In double, so that the check adds no rounding of its own to speak of.
template <class T>
std::vector<double> times(const std::vector<T>& matrix, const std::vector<double>& x) {
  const std::size_t n = x.size();
  std::vector<double> y(n, 0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) y[i] += static_cast<double>(matrix[i * n + j]) * x[j];
  return y;
}

}  // namespace

template <class T>
Gemm<T>::Gemm(int order)
    : order_(order),
      a_(random_values<T>(static_cast<std::size_t>(order) * static_cast<std::size_t>(order), 1)),
      b_(random_values<T>(a_.size(), 2)),
      c_(a_.size(), std::numeric_limits<T>::quiet_NaN()) {}

template <class T>
void Gemm<T>::run() {
  multiply(order_, a_.data(), b_.data(), c_.data());
}

template <class T>
bool Gemm<T>::verified() const {
  const auto n = static_cast<std::size_t>(order_);
  const std::vector<double> x = random_values<double>(n, 3);
  const std::vector<double> expected = times(a_, times(b_, x)), got = times(c_, x);
  // An entry of C is a sum of n products of at most 1, rounded n times at worst; a row of C x sums
  // n of them. Errors add like a random walk: sqrt(n) of each, with a generous factor.
  const double bound = 16.0 * order_ * std::sqrt(order_) * std::numeric_limits<T>::epsilon();
  for (std::size_t i = 0; i < n; ++i)
    if (!(std::abs(got[i] - expected[i]) <= bound)) return false;  // also for NaN
  return true;
}

template <class T>
Flops Gemm<T>::flops() const {
  return Flops(2.0 * order_ * order_ * order_);
}

Bytes gemm_bytes(int order, std::size_t element_size) {
  return Bytes(3.0 * order * order * static_cast<double>(element_size));
}

int gemm_order(int wanted, std::size_t element_size, int cores, Bytes cap) {
  for (int order = wanted; order >= 128; order /= 2)
    if (cores * gemm_bytes(order, element_size) <= cap / 4) return order;
  return 0;
}

template class Gemm<double>;
template class Gemm<float>;

}  // namespace assay::compute
