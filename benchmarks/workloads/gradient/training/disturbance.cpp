#include "benchmarks/workloads/gradient/training/disturbance.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace assay::workloads {

double expected_maximum_of_normals(int n) {
  // E = integral of x n phi(x) Phi(x)^(n-1); the integrand vanishes beyond 9 standard deviations.
  constexpr double limit = 9, step = 0.001;
  double sum = 0;
  for (double x = -limit; x <= limit; x += step) {
    const double density = std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
    const double below = 0.5 * std::erfc(-x / std::numbers::sqrt2);
    sum += x * n * density * std::pow(below, n - 1) * step;
  }
  return sum;
}

void Disturber::add_noise() {
  if (noise_.value() <= 0) return;
  // Box and Muller: the standard library's normal distribution differs between libraries.
  const auto uniform = [&] { return (static_cast<double>(generator_() >> 11) + 0.5) * 0x1p-53; };
  const double z = std::sqrt(-2 * std::log(uniform())) * std::cos(2 * std::numbers::pi * uniform());
  wait(std::max(0.0, noise_offset + z) * noise_);
}

void Disturber::wait(Seconds time) {
  if (time.value() <= 0) return;
  for (const Deadline deadline(time); !deadline.passed();) {
  }
}

}  // namespace assay::workloads
