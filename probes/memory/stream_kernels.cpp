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

// Asks for the line with the right to write to it; past the end of an array it does nothing.
HWY_INLINE void fetch_to_write(const double* line) {
#if HWY_ARCH_X86
  // The compiler's builtin asks without the right to write where PREFETCHW is not switched on; a
  // processor that does not know it takes it for a NOP.
  asm volatile("prefetchw %0" : : "m"(*reinterpret_cast<const char*>(line)));
#else
  __builtin_prefetch(line, 1);
#endif
}

template <bool non_temporal>
HWY_INLINE void put(hn::Vec<Tag> value, Tag d, double* HWY_RESTRICT to) {
  if constexpr (non_temporal) {
    hn::Stream(value, d, to);
  } else {
    hn::Store(value, d, to);
  }
}

// Makes the compiler load the value and then forget it.
template <class Vector>
HWY_INLINE void consume([[maybe_unused]] const Vector& value) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  asm volatile("" : : "v"(value.raw));
#elif HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  asm volatile("" : : "x"(value.raw));
#endif
}

// Elsewhere the register constraints differ, and loads do not share ports with arithmetic.
#undef ASSAY_PURE_LOADS
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
#define ASSAY_PURE_LOADS 1
#else
#define ASSAY_PURE_LOADS 0
#endif

// Loads alone, where the compiler can be told so: any arithmetic beside two 512-bit loads a cycle
// takes 12 % (exclusive or) to 26 % (sums) off L1. With `checksum`, the exclusive or of each lane
// over a pass, summed.
template <bool checksum>
std::uint64_t read(const double* a, std::size_t n, std::size_t passes) {
  const Tag d;
  const hn::RebindToUnsigned<Tag> bits;
  const std::size_t lanes = hn::Lanes(d);
  auto total = hn::Zero(bits);
  for (std::size_t pass = 0; pass < passes; ++pass) {
    auto x0 = hn::Zero(bits), x1 = x0, x2 = x0, x3 = x0;
    for (std::size_t i = 0; i < n; i += 16 * lanes) {
      for (std::size_t j = 0; j < 16; j += 4) {
        const auto v0 = hn::Load(d, a + i + j * lanes);
        const auto v1 = hn::Load(d, a + i + (j + 1) * lanes);
        const auto v2 = hn::Load(d, a + i + (j + 2) * lanes);
        const auto v3 = hn::Load(d, a + i + (j + 3) * lanes);
        if constexpr (checksum || !ASSAY_PURE_LOADS) {
          x0 = hn::Xor(x0, hn::BitCast(bits, v0));
          x1 = hn::Xor(x1, hn::BitCast(bits, v1));
          x2 = hn::Xor(x2, hn::BitCast(bits, v2));
          x3 = hn::Xor(x3, hn::BitCast(bits, v3));
        } else {
          consume(v0);
          consume(v1);
          consume(v2);
          consume(v3);
        }
      }
    }
    if constexpr (checksum || !ASSAY_PURE_LOADS)
      total = hn::Add(total, hn::Xor(hn::Xor(x0, x1), hn::Xor(x2, x3)));
    forget_memory();
  }
  return hn::GetLane(hn::SumOfLanes(bits, total));
}

std::uint64_t checksum(const double* a, std::size_t n) {
  return read<true>(a, n, 1);
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

// Two lines of each stream in turn.
template <class Element>
HWY_INLINE void prefetched_passes(double* a, std::size_t n, std::size_t passes,
                                  const Element& element) {
  const Tag d;
  constexpr std::size_t line = 8, turn = 2 * line, streams = stream_granule / turn;
  constexpr std::size_t ahead = 16 * line;
  const std::size_t lanes = hn::Lanes(d), part = n / streams;
  for (std::size_t pass = 0; pass < passes; ++pass) {
    for (std::size_t begin = 0; begin < part; begin += turn)
      for (std::size_t i = begin; i < n; i += part) {
        fetch_to_write(a + i + ahead);
        fetch_to_write(a + i + ahead + line);
        for (std::size_t j = i; j < i + turn; j += lanes) hn::Store(element(j), d, a + j);
      }
    forget_memory();
  }
}

template <Stores stores, class Element>
HWY_INLINE void store(double* a, std::size_t n, std::size_t passes, const Element& element) {
  if constexpr (stores == Stores::prefetched) {
    prefetched_passes(a, n, passes, element);
  } else {
    store_passes<stores == Stores::non_temporal>(a, n, passes, element);
  }
}

template <Stores stores>
void write(double* a, std::size_t n, double q, std::size_t passes) {
  const auto value = hn::Set(Tag(), q);
  store<stores>(a, n, passes, [&](std::size_t) HWY_ATTR { return value; });
}

template <Stores stores>
void copy(double* a, const double* b, std::size_t n, std::size_t passes) {
  store<stores>(a, n, passes, [&](std::size_t i) HWY_ATTR { return hn::Load(Tag(), b + i); });
}

template <Stores stores>
void triad(double* a, const double* b, const double* c, std::size_t n, double q,
           std::size_t passes) {
  const auto scale = hn::Set(Tag(), q);
  store<stores>(a, n, passes, [&](std::size_t i) HWY_ATTR {
    return hn::MulAdd(scale, hn::Load(Tag(), c + i), hn::Load(Tag(), b + i));
  });
}

template <Stores stores>
void update(double* a, std::size_t n, double q, std::size_t passes) {
  const auto step = hn::Set(Tag(), q);
  store<stores>(a, n, passes,
                [&](std::size_t i) HWY_ATTR { return hn::Add(hn::Load(Tag(), a + i), step); });
}

template <Stores stores>
std::uint64_t run_stores(StreamOperation operation, const StreamArrays& arrays, double q,
                         std::size_t passes) {
  switch (operation) {
    case StreamOperation::read:
      return read<false>(arrays.a, arrays.elements, passes);
    case StreamOperation::write:
      write<stores>(arrays.a, arrays.elements, q, passes);
      break;
    case StreamOperation::copy:
      copy<stores>(arrays.a, arrays.b, arrays.elements, passes);
      break;
    case StreamOperation::triad:
      triad<stores>(arrays.a, arrays.b, arrays.c, arrays.elements, q, passes);
      break;
    case StreamOperation::update:
      update<stores>(arrays.a, arrays.elements, q, passes);
      break;
  }
  return 0;
}

std::uint64_t run_kernel(StreamKernel kernel, const StreamArrays& arrays, double q,
                         std::size_t passes) {
  switch (kernel.stores) {
    case Stores::normal:
      return run_stores<Stores::normal>(kernel.operation, arrays, q, passes);
    case Stores::prefetched:
      return run_stores<Stores::prefetched>(kernel.operation, arrays, q, passes);
    case Stores::non_temporal:
      return run_stores<Stores::non_temporal>(kernel.operation, arrays, q, passes);
  }
  return 0;
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
HWY_EXPORT(checksum);

std::uint64_t run_stream_kernel(StreamKernel kernel, const StreamArrays& arrays, double q,
                                std::size_t passes) {
  assert(arrays.elements > 0 && arrays.elements % stream_granule == 0);
  assert(reinterpret_cast<std::uintptr_t>(arrays.a) % 64 == 0);
  return HWY_DYNAMIC_DISPATCH(run_kernel)(kernel, arrays, q, passes);
}

std::string_view stream_isa() {
  return HWY_DYNAMIC_DISPATCH(target_name)();
}

std::uint64_t read_checksum(const double* a, std::size_t elements) {
  assert(elements % stream_granule == 0);
  return HWY_DYNAMIC_DISPATCH(checksum)(a, elements);
}

std::uint64_t expected_checksum(const double* a, std::size_t elements) {
  const std::size_t lanes = HWY_DYNAMIC_DISPATCH(lane_count)();
  std::array<std::uint64_t, stream_granule / 16> lane{};
  for (std::size_t k = 0; k < elements; ++k) lane[k % lanes] ^= std::bit_cast<std::uint64_t>(a[k]);
  return std::accumulate(lane.begin(), lane.end(), std::uint64_t{0});
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
  switch (kernel.stores) {
    case Stores::normal:
      return name;
    case Stores::prefetched:
      return name + "_prefetched";
    case Stores::non_temporal:
      return name + "_nt";
  }
  return name;
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
  const bool allocates = stores_miss && kernel.stores != Stores::non_temporal;
  return stream_bytes(kernel) + (allocates ? 8_B : 0_B);
}

}  // namespace assay::memory
#endif
