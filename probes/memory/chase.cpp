#include "probes/memory/chase.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace assay::memory {

Permutation::Permutation(std::uint64_t count, std::uint64_t key)
    : count_(count),
      key_(key * 0x9e3779b97f4a7c15U),
      mask_(std::bit_ceil(count) - 1),
      shift_(std::max(1, static_cast<int>(std::bit_width(mask_)) / 2)) {
  assert(count > 0);
}

// Every step (exclusive or with a constant, odd multiplication, xor-shift) is invertible modulo
// 2^k.
std::uint64_t Permutation::mix(std::uint64_t value) const {
  value = (value ^ key_) & mask_;
  value = (value * 0xff51afd7ed558ccdU) & mask_;
  value ^= value >> shift_;
  value = (value * 0xc4ceb9fe1a85ec53U) & mask_;
  value ^= value >> shift_;
  value = (value * 0x9fb21c651e98df25U) & mask_;
  return value ^ (value >> shift_);
}

std::uint64_t Permutation::operator()(std::uint64_t index) const {
  // Follows the cycle of the bijection until it comes back into range.
  do index = mix(index);
  while (index >= count_);
  return index;
}

Chase::Chase(std::byte* base, Bytes set, Bytes stride, ChaseOrder order, std::uint64_t key)
    : base_(base),
      stride_(to_size(stride)),
      lines_(to_size(set) / stride_),
      lines_per_group_(order == ChaseOrder::random
                           ? lines_
                           : std::min<std::uint64_t>(lines_, to_size(group_size) / stride_)),
      within_(lines_per_group_, key),
      last_group_(std::max<std::uint64_t>(1, lines_ % lines_per_group_), key) {
  assert(lines_ >= 2 && stride_ % sizeof(void*) == 0);
}

std::uint64_t Chase::line_of(std::uint64_t step) const {
  const std::uint64_t index = step % lines_;
  const std::uint64_t group = index / lines_per_group_;
  const std::uint64_t first = group * lines_per_group_;
  const bool is_short = first + lines_per_group_ > lines_;
  return first + (is_short ? last_group_(index - first) : within_(index - first));
}

void* Chase::at(std::uint64_t step) const {
  return base_ + line_of(step) * stride_;
}

void Chase::write(PinnedPool& pool) const {
  const auto threads = static_cast<std::uint64_t>(pool.size());
  pool.run([&](int thread) {
    const std::uint64_t begin = lines_ * static_cast<std::uint64_t>(thread) / threads;
    const std::uint64_t end = lines_ * (static_cast<std::uint64_t>(thread) + 1) / threads;
    void* here = at(begin);
    for (std::uint64_t step = begin; step < end; ++step) {
      void* next = at(step + 1);
      *static_cast<void**>(here) = next;
      here = next;
    }
  });
}

void* run_chase(void* start, std::uint64_t steps) {
  assert(steps % 8 == 0);
  // Volatile: each load happens, in order, whatever the compiler can prove.
  using Link = void* volatile*;
  auto p = static_cast<Link>(start);
  for (std::uint64_t i = 0; i < steps; i += 8) {
    p = static_cast<Link>(*p);
    p = static_cast<Link>(*p);
    p = static_cast<Link>(*p);
    p = static_cast<Link>(*p);
    p = static_cast<Link>(*p);
    p = static_cast<Link>(*p);
    p = static_cast<Link>(*p);
    p = static_cast<Link>(*p);
  }
  return const_cast<void**>(p);
}

}  // namespace assay::memory
