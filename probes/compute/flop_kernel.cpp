#include "probes/compute/flop_kernel.hpp"

#include <cstring>

#include "probes/compute/kernel_sets.hpp"

namespace assay::compute {
namespace {

/// Rooms for every lane of the widest vector there is (2048 bits of 32-bit lanes).
constexpr std::size_t lane_slots = 64;

template <class T>
void put(std::byte* at, T value) {
  std::memcpy(at, &value, sizeof(value));
}

/// Multiples of 2^-12 in [1, 2): sums and products with m and c stay exact, even in f32.
void put_start(Accumulator type, std::byte* at, std::size_t chain, std::size_t lane) {
  const auto index = static_cast<int>(chain * lane_slots + lane % lane_slots);
  switch (type) {
    case Accumulator::f64:
      return put(at, 1.0 + index / 4096.0);
    case Accumulator::f32:
      return put(at, 1.0F + static_cast<float>(index) / 4096.0F);
    case Accumulator::i32:
      return put(at, 1 + index);
  }
}

}  // namespace

std::string_view to_string(Operation operation) {
  switch (operation) {
    case Operation::fma:
      return "fma";
    case Operation::fma_add:
      return "fma_add";
    case Operation::fma_add_2_1:
      return "fma_add_2_1";
    case Operation::dot:
      return "dot";
  }
  return "";
}

std::vector<FlopKernel> flop_kernels() {
  std::vector<FlopKernel> kernels;
  append_fma_kernels(kernels);
  append_native_dot_kernels(kernels);
  append_amx_kernels(kernels);
  append_emulated_dot_kernels(kernels);
  return kernels;
}

KernelState::KernelState(const FlopKernel& kernel)
    : chain_bytes_(kernel.lanes * size_of(kernel.accumulator)),
      starts_(chain_bytes_ * static_cast<std::size_t>(kernel.chains)),
      finals_(starts_.size()) {
  const std::size_t lane_bytes = size_of(kernel.accumulator);
  for (std::size_t i = 0; i < starts_.size() / lane_bytes; ++i)
    put_start(kernel.accumulator, &starts_[i * lane_bytes], i / kernel.lanes, i % kernel.lanes);
}

bool KernelState::verified() const {
  if (finals_ != starts_) return false;
  for (std::size_t a = 0; a < finals_.size(); a += chain_bytes_)
    for (std::size_t b = a + chain_bytes_; b < finals_.size(); b += chain_bytes_)
      if (std::memcmp(&finals_[a], &finals_[b], chain_bytes_) == 0) return false;
  return true;
}

}  // namespace assay::compute
