#pragma once
/// @file
/// Arithmetic on vectors of parameters whose element type, f32 or f64, is known only at run time.

#include <cstddef>
#include <span>
#include <vector>

#include "probes/network/transport/reduction.hpp"

namespace assay::workloads {

/// The bytes seen as elements. @pre they are aligned, and whole elements
template <class T>
[[nodiscard]] std::span<const T> elements(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}
template <class T>
[[nodiscard]] std::span<T> elements(std::span<std::byte> bytes) {
  return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
}

/// y += factor x. All functions: @pre equal sizes; `type` is f32 or f64
void add_scaled(network::ElementType type, std::span<std::byte> y, double factor,
                std::span<const std::byte> x);
/// y *= factor
void scale(network::ElementType type, std::span<std::byte> y, double factor);
/// Between a typed vector and f32.
void to_floats(network::ElementType type, std::span<const std::byte> from, std::span<float> to);
void from_floats(network::ElementType type, std::span<const float> from, std::span<std::byte> to);
/// As f64.
[[nodiscard]] std::vector<double> widened(network::ElementType type,
                                          std::span<const std::byte> from);
/// Largest |a - b| over the largest |b|.
[[nodiscard]] double relative_difference(network::ElementType type, std::span<const std::byte> a,
                                         std::span<const std::byte> b);

}  // namespace assay::workloads
