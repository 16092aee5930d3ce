#include "probes/memory/stream_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "probes/memory/stream_kernels.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace assay::memory {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Capped so that sixteen vectors are one granule on every ISA.
using Tag = hn::CappedTag<double, stream_granule / 16>;

// Makes the compiler believe that memory changed, so that passes are neither merged nor hoisted.
HWY_INLINE void forget_memory() {
  asm volatile("" ::: "memory");
}

template <bool non_temporal>
HWY_INLINE void put(hn::Vec<Tag> value, Tag d, double* HWY_RESTRICT to) {
  if constexpr (non_temporal) {
    hn::Stream(value, d, to);
  } else {
    hn::Store(value, d, to);
  }
}

// Xor of the bit patterns, two loads for one instruction (vpternlog): a sum, of doubles or of
// integers, takes one arithmetic operation per load, and two of those a cycle leave no port for the
// loop itself; L1 then gave 1.5 loads a cycle. The fold at the end of a pass overlaps with the next
// pass, which starts from zero.
std::uint64_t read(const double* a, std::size_t n, std::size_t passes) {
  const Tag d;
  const hn::RebindToUnsigned<Tag> bits;
  const std::size_t lanes = hn::Lanes(d);
  const auto load = [&](std::size_t i) HWY_ATTR { return hn::BitCast(bits, hn::Load(d, a + i)); };
  auto total = hn::Zero(bits);
  for (std::size_t pass = 0; pass < passes; ++pass) {
    auto x0 = hn::Zero(bits), x1 = x0, x2 = x0, x3 = x0, x4 = x0, x5 = x0, x6 = x0, x7 = x0;
    for (std::size_t i = 0; i < n; i += 16 * lanes) {
      x0 = hn::Xor3(x0, load(i), load(i + lanes));
      x1 = hn::Xor3(x1, load(i + 2 * lanes), load(i + 3 * lanes));
      x2 = hn::Xor3(x2, load(i + 4 * lanes), load(i + 5 * lanes));
      x3 = hn::Xor3(x3, load(i + 6 * lanes), load(i + 7 * lanes));
      x4 = hn::Xor3(x4, load(i + 8 * lanes), load(i + 9 * lanes));
      x5 = hn::Xor3(x5, load(i + 10 * lanes), load(i + 11 * lanes));
      x6 = hn::Xor3(x6, load(i + 12 * lanes), load(i + 13 * lanes));
      x7 = hn::Xor3(x7, load(i + 14 * lanes), load(i + 15 * lanes));
    }
    total = hn::Add(total, hn::Xor3(hn::Xor3(x0, x1, x2), hn::Xor3(x3, x4, x5), hn::Xor(x6, x7)));
    forget_memory();
  }
  return hn::GetLane(hn::SumOfLanes(bits, total));
}

// One turn of the loop writes four vectors, each the value of `element(i)`.
template <bool non_temporal, class Element>
HWY_INLINE void store_passes(double* a, std::size_t n, std::size_t passes, const Element& element) {
  const Tag d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t pass = 0; pass < passes; ++pass) {
    for (std::size_t i = 0; i < n; i += 4 * lanes) {
      const auto v0 = element(i);
      const auto v1 = element(i + lanes);
      const auto v2 = element(i + 2 * lanes);
      const auto v3 = element(i + 3 * lanes);
      put<non_temporal>(v0, d, a + i);
      put<non_temporal>(v1, d, a + i + lanes);
      put<non_temporal>(v2, d, a + i + 2 * lanes);
      put<non_temporal>(v3, d, a + i + 3 * lanes);
    }
    forget_memory();
  }
  if constexpr (non_temporal) hwy::FlushStream();
}

template <bool non_temporal>
void write(double* a, std::size_t n, double q, std::size_t passes) {
  const auto value = hn::Set(Tag(), q);
  store_passes<non_temporal>(a, n, passes, [&](std::size_t) HWY_ATTR { return value; });
}

template <bool non_temporal>
void copy(double* a, const double* b, std::size_t n, std::size_t passes) {
  store_passes<non_temporal>(a, n, passes,
                             [&](std::size_t i) HWY_ATTR { return hn::Load(Tag(), b + i); });
}

template <bool non_temporal>
void triad(double* a, const double* b, const double* c, std::size_t n, double q,
           std::size_t passes) {
  const auto scale = hn::Set(Tag(), q);
  store_passes<non_temporal>(a, n, passes, [&](std::size_t i) HWY_ATTR {
    return hn::MulAdd(scale, hn::Load(Tag(), c + i), hn::Load(Tag(), b + i));
  });
}

template <bool non_temporal>
void update(double* a, std::size_t n, double q, std::size_t passes) {
  const auto step = hn::Set(Tag(), q);
  store_passes<non_temporal>(
      a, n, passes, [&](std::size_t i) HWY_ATTR { return hn::Add(hn::Load(Tag(), a + i), step); });
}

template <bool non_temporal>
std::uint64_t run_stores(StreamOperation operation, const StreamArrays& arrays, double q,
                         std::size_t passes) {
  switch (operation) {
    case StreamOperation::read:
      return read(arrays.a, arrays.elements, passes);
    case StreamOperation::write:
      write<non_temporal>(arrays.a, arrays.elements, q, passes);
      break;
    case StreamOperation::copy:
      copy<non_temporal>(arrays.a, arrays.b, arrays.elements, passes);
      break;
    case StreamOperation::triad:
      triad<non_temporal>(arrays.a, arrays.b, arrays.c, arrays.elements, q, passes);
      break;
    case StreamOperation::update:
      update<non_temporal>(arrays.a, arrays.elements, q, passes);
      break;
  }
  return 0;
}

std::uint64_t run_kernel(StreamKernel kernel, const StreamArrays& arrays, double q,
                         std::size_t passes) {
  return kernel.stores == Stores::non_temporal
             ? run_stores<true>(kernel.operation, arrays, q, passes)
             : run_stores<false>(kernel.operation, arrays, q, passes);
}

const char* target_name() {
  return hwy::TargetName(HWY_TARGET);
}

std::size_t lane_count() {
  return hn::Lanes(Tag());
}

}  // namespace HWY_NAMESPACE
}  // namespace assay::memory
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <bit>
#include <cassert>
#include <cstdint>
#include <numeric>

namespace assay::memory {

HWY_EXPORT(run_kernel);
HWY_EXPORT(target_name);
HWY_EXPORT(lane_count);

std::uint64_t run_stream_kernel(StreamKernel kernel, const StreamArrays& arrays, double q,
                                std::size_t passes) {
  assert(arrays.elements > 0 && arrays.elements % stream_granule == 0);
  assert(reinterpret_cast<std::uintptr_t>(arrays.a) % 64 == 0);
  return HWY_DYNAMIC_DISPATCH(run_kernel)(kernel, arrays, q, passes);
}

std::string_view stream_isa() {
  return HWY_DYNAMIC_DISPATCH(target_name)();
}

std::uint64_t expected_checksum(const double* a, std::size_t elements, std::size_t passes) {
  const std::size_t lanes = HWY_DYNAMIC_DISPATCH(lane_count)();
  std::array<std::uint64_t, stream_granule / 16> lane{};
  for (std::size_t k = 0; k < elements; ++k) lane[k % lanes] ^= std::bit_cast<std::uint64_t>(a[k]);
  return std::accumulate(lane.begin(), lane.end(), std::uint64_t{0}) * passes;
}

bool has_non_temporal_stores() {
#if HWY_ARCH_X86
  return true;
#else
  return stream_isa().starts_with("SVE");
#endif
}

std::string name_of(StreamKernel kernel) {
  static constexpr std::array names{"read", "write", "copy", "triad", "update"};
  const std::string name = names.at(static_cast<std::size_t>(kernel.operation));
  return kernel.stores == Stores::non_temporal ? name + "_nt" : name;
}

int array_count(StreamOperation operation) {
  switch (operation) {
    case StreamOperation::copy:
      return 2;
    case StreamOperation::triad:
      return 3;
    default:
      return 1;
  }
}

Bytes stream_bytes(StreamKernel kernel) {
  switch (kernel.operation) {
    case StreamOperation::read:
    case StreamOperation::write:
      return 8_B;
    case StreamOperation::copy:
    case StreamOperation::update:
      return 16_B;
    case StreamOperation::triad:
      return 24_B;
  }
  return 0_B;
}

Bytes traffic_bytes(StreamKernel kernel) {
  const bool stores_miss = kernel.operation == StreamOperation::write ||
                           kernel.operation == StreamOperation::copy ||
                           kernel.operation == StreamOperation::triad;
  const bool allocates = stores_miss && kernel.stores == Stores::normal;
  return stream_bytes(kernel) + (allocates ? 8_B : 0_B);
}

}  // namespace assay::memory
#endif
