#include "benchmarks/workloads/gradient/models/typed_vector.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace assay::workloads {
namespace {

/// Calls `function` with a value of the type.
template <class Function>
auto with_type(network::ElementType type, const Function& function) {
  assert(type == network::ElementType::f32 || type == network::ElementType::f64);
  return type == network::ElementType::f64 ? function(double{}) : function(float{});
}

}  // namespace

void add_scaled(network::ElementType type, std::span<std::byte> y, double factor,
                std::span<const std::byte> x) {
  assert(y.size() == x.size());
  with_type(type, [&]<class T>(T) {
    const auto from = elements<T>(x);
    const auto to = elements<T>(y);
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += static_cast<T>(factor) * from[i];
  });
}

void scale(network::ElementType type, std::span<std::byte> y, double factor) {
  with_type(type, [&]<class T>(T) {
    for (T& value : elements<T>(y)) value *= static_cast<T>(factor);
  });
}

void to_floats(network::ElementType type, std::span<const std::byte> from, std::span<float> to) {
  with_type(type, [&]<class T>(T) {
    std::ranges::transform(elements<T>(from), to.begin(),
                           [](T value) { return static_cast<float>(value); });
  });
}

void from_floats(network::ElementType type, std::span<const float> from, std::span<std::byte> to) {
  with_type(type, [&]<class T>(T) {
    std::ranges::transform(from, elements<T>(to).begin(),
                           [](float value) { return static_cast<T>(value); });
  });
}

std::vector<double> widened(network::ElementType type, std::span<const std::byte> from) {
  return with_type(type, [&]<class T>(T) {
    const auto values = elements<T>(from);
    return std::vector<double>(values.begin(), values.end());
  });
}

double relative_difference(network::ElementType type, std::span<const std::byte> a,
                           std::span<const std::byte> b) {
  return with_type(type, [&]<class T>(T) {
    const auto x = elements<T>(a), y = elements<T>(b);
    double difference = 0, largest = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      difference =
          std::max(difference, std::abs(static_cast<double>(x[i]) - static_cast<double>(y[i])));
      largest = std::max(largest, std::abs(static_cast<double>(y[i])));
    }
    return largest > 0 ? difference / largest : difference;
  });
}

}  // namespace assay::workloads
