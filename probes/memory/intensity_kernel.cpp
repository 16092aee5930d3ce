#include "probes/memory/intensity_kernel.hpp"

#include <algorithm>

#include "probes/host/cycle_clock.hpp"

#ifndef ASSAY_INTENSITY_SETS
#define ASSAY_INTENSITY_SETS
namespace assay::memory {
// Sets up to this size lie in the first cache, up to the second in the core's own caches. Larger
// ones are prefetched: so far ahead into the first, and into the second so much further.
inline constexpr std::size_t first_cache_elements = 32 * 1024;
inline constexpr std::size_t core_caches_elements = 256 * 1024;
inline constexpr std::size_t prefetch_elements = 512;
inline constexpr std::size_t far_prefetch_elements = 8192;
}  // namespace assay::memory
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "probes/memory/intensity_kernel.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/cache_control.h>
#include <hwy/highway.h>

// Vectors that cannot live in arrays (SVE) are named. Sixteen chains where 32 registers exist, else
// eight: two pipes of latency four need eight.
#undef ASSAY_CHAINS
#undef ASSAY_EACH
#if HWY_ARCH_X86 && HWY_TARGET > HWY_AVX3
#define ASSAY_CHAINS 8
#define ASSAY_EACH(F) F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7)
#else
#define ASSAY_CHAINS 16
#define ASSAY_EACH(F) \
  F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15)
#endif

HWY_BEFORE_NAMESPACE();
namespace assay::memory {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<double, 16>;

// Once loaded, a value stays in its register: a multiply-add that reads memory itself would
// overwrite the constant, which compilers then copy for each vector, on the pipes of the
// multiply-adds.
template <class Vector>
HWY_INLINE void keep_in_register([[maybe_unused]] Vector& value) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  asm volatile("" : "+v"(value.raw));
#elif HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  asm volatile("" : "+x"(value.raw));
#endif
}

HWY_INLINE void prefetch_into_second_cache([[maybe_unused]] const double* line) {
#if defined(__GNUC__)
  __builtin_prefetch(line, 0, 2);
#endif
}

// The share of one round of multiply-adds: all lines at once would fill the buffers of the cache.
// Inlined by force: GCC takes a function that only prefetches for one without effects, and drops
// calls of it.
template <std::size_t fmas, std::size_t ahead, std::size_t far_ahead>
HWY_INLINE void prefetch_share([[maybe_unused]] const double* block,
                               [[maybe_unused]] std::size_t lines,
                               [[maybe_unused]] std::size_t round) {
  if constexpr (ahead > 0) {
    constexpr std::size_t line = 64 / sizeof(double);
    const std::size_t share = (lines + fmas - 1) / fmas;
    for (std::size_t k = round * share; k < (round + 1) * share && k < lines; ++k) {
      hwy::Prefetch(block + ahead + k * line);
      if constexpr (far_ahead > 0) prefetch_into_second_cache(block + far_ahead + k * line);
    }
  }
}

// Beyond the first cache the multiply-adds that wait for their loads fill the scheduler, and too
// few loads are in flight: lines are asked for ahead. From DRAM, at 2 FLOP/B, the near request
// alone reaches 0.83 of the read rate, both 0.94. 0: not at all.
template <std::size_t fmas, std::size_t ahead, std::size_t far_ahead>
double intensity(const double* a, std::size_t n, std::size_t passes) {
  const Tag d;
  const std::size_t lanes = hn::Lanes(d);
  const auto c = hn::Set(d, 1.25);
  // Four sums: each is touched once per four vectors, so its latency does not show.
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  const auto minus_one = hn::Set(d, -1.0);
  [[maybe_unused]] const std::size_t lines = ASSAY_CHAINS * lanes / (64 / sizeof(double));
  for (std::size_t pass = 0; pass < passes; ++pass) {
    for (std::size_t i = 0; i < n; i += ASSAY_CHAINS * lanes) {
#define ASSAY_LOAD(j)                         \
  auto v##j = hn::Load(d, a + i + (j)*lanes); \
  keep_in_register(v##j);
      ASSAY_EACH(ASSAY_LOAD)
#undef ASSAY_LOAD
      for (std::size_t k = 1; k < fmas; ++k) {
        prefetch_share<fmas, ahead, far_ahead>(a + i, lines, k);
#define ASSAY_FMA(j) v##j = hn::MulAdd(v##j, minus_one, c);
        ASSAY_EACH(ASSAY_FMA)
#undef ASSAY_FMA
      }
      prefetch_share<fmas, ahead, far_ahead>(a + i, lines, 0);
      s0 = hn::MulAdd(v0, minus_one, s0);
      s1 = hn::MulAdd(v1, minus_one, s1);
      s2 = hn::MulAdd(v2, minus_one, s2);
      s3 = hn::MulAdd(v3, minus_one, s3);
      s0 = hn::MulAdd(v4, minus_one, s0);
      s1 = hn::MulAdd(v5, minus_one, s1);
      s2 = hn::MulAdd(v6, minus_one, s2);
      s3 = hn::MulAdd(v7, minus_one, s3);
#if ASSAY_CHAINS == 16
      s0 = hn::MulAdd(v8, minus_one, s0);
      s1 = hn::MulAdd(v9, minus_one, s1);
      s2 = hn::MulAdd(v10, minus_one, s2);
      s3 = hn::MulAdd(v11, minus_one, s3);
      s0 = hn::MulAdd(v12, minus_one, s0);
      s1 = hn::MulAdd(v13, minus_one, s1);
      s2 = hn::MulAdd(v14, minus_one, s2);
      s3 = hn::MulAdd(v15, minus_one, s3);
#endif
    }
    asm volatile("" ::: "memory");
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
}

template <std::size_t fmas>
double intensity_of_set(const double* a, std::size_t n, std::size_t passes) {
  if (n <= first_cache_elements) return intensity<fmas, 0, 0>(a, n, passes);
  if (n <= core_caches_elements) return intensity<fmas, prefetch_elements, 0>(a, n, passes);
  return intensity<fmas, prefetch_elements, far_prefetch_elements>(a, n, passes);
}

double run_intensity(int fmas, const double* a, std::size_t n, std::size_t passes) {
  switch (fmas) {
    case 1:
      return intensity_of_set<1>(a, n, passes);
    case 2:
      return intensity_of_set<2>(a, n, passes);
    case 4:
      return intensity_of_set<4>(a, n, passes);
    case 8:
      return intensity_of_set<8>(a, n, passes);
    case 16:
      return intensity_of_set<16>(a, n, passes);
    case 32:
      return intensity_of_set<32>(a, n, passes);
    default:
      return intensity_of_set<64>(a, n, passes);
  }
}

// One multiply-add per four additions, and a load for every `fmas` of them: enough to hold the
// clock of the kernel, too few to delay the additions. 0: no load; minus one: loads alone.
template <int fmas>
void additions_among(std::uint64_t additions) {
  HWY_ALIGN static const double ones[64] = {1, 1, 1, 1};
  const Tag d;
  const std::size_t lanes = hn::Lanes(d);
  const auto c = hn::Set(d, 1.25), minus_one = hn::Set(d, -1.0);
  auto v0 = c, v1 = minus_one, v2 = hn::Add(c, c), v3 = hn::Add(minus_one, minus_one);
  std::uint64_t sum = additions;
  const std::uint64_t addend = additions | 1;
  for (std::uint64_t done = 0; done < additions;) {
    if constexpr (fmas != 0) {
      v0 = hn::Load(d, ones);
      v1 = hn::Load(d, ones + lanes);
      v2 = hn::Load(d, ones + 2 * lanes);
      v3 = hn::Load(d, ones + 3 * lanes);
    }
    constexpr int blocks = std::max(fmas, 1);
    for (int k = 0; k < blocks; ++k, done += additions_per_block) {
      if constexpr (fmas >= 0) {
        v0 = hn::MulAdd(v0, minus_one, c);
        v1 = hn::MulAdd(v1, minus_one, c);
        v2 = hn::MulAdd(v2, minus_one, c);
        v3 = hn::MulAdd(v3, minus_one, c);
      }
      keep_in_register(v0);
      keep_in_register(v1);
      keep_in_register(v2);
      keep_in_register(v3);
      add_block(sum, addend);
    }
    asm volatile("" ::: "memory");
  }
}

AdditionChain chain_among(int fmas) {
  switch (fmas) {
    case reading:
      return &additions_among<-1>;
    case in_registers:
      return &additions_among<0>;
    case 1:
      return &additions_among<1>;
    case 2:
      return &additions_among<2>;
    case 4:
      return &additions_among<4>;
    case 8:
      return &additions_among<8>;
    case 16:
      return &additions_among<16>;
    case 32:
      return &additions_among<32>;
    default:
      return &additions_among<64>;
  }
}

// Gives the FLOPs of one round of all chains.
double register_fmas(const double* seed, std::size_t rounds, double* result) {
  const Tag d;
  const std::size_t lanes = hn::Lanes(d);
  const auto c = hn::Set(d, 1.25);
  const auto minus_one = hn::Set(d, -1.0);
#define ASSAY_LOAD(j) auto v##j = hn::LoadU(d, seed + (j)*lanes);
  ASSAY_EACH(ASSAY_LOAD)
#undef ASSAY_LOAD
  for (std::size_t round = 0; round < rounds; ++round) {
#define ASSAY_FMA(j) v##j = hn::MulAdd(v##j, minus_one, c);
    ASSAY_EACH(ASSAY_FMA)
    ASSAY_EACH(ASSAY_FMA)
#undef ASSAY_FMA
  }
  auto sum = hn::Zero(d);
#define ASSAY_ADD(j) sum = hn::Add(sum, v##j);
  ASSAY_EACH(ASSAY_ADD)
#undef ASSAY_ADD
  *result = hn::GetLane(hn::SumOfLanes(d, sum));
  return 2.0 * 2.0 * ASSAY_CHAINS * static_cast<double>(lanes);
}

}  // namespace HWY_NAMESPACE
}  // namespace assay::memory
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <cassert>

namespace assay::memory {

HWY_EXPORT(run_intensity);
HWY_EXPORT(register_fmas);
HWY_EXPORT(chain_among);

FlopsPerByte intensity_of(int fmas) {
  return FlopsPerByte(2.0 * fmas / 8.0);
}

double run_intensity_kernel(int fmas, const double* a, std::size_t elements, std::size_t passes) {
  assert(elements % intensity_granule == 0);
  return HWY_DYNAMIC_DISPATCH(run_intensity)(fmas, a, elements, passes);
}

double expected_intensity_sum(int fmas, std::size_t elements, std::size_t passes) {
  const std::size_t rest = elements % 7;
  const std::size_t whole_rounds = elements / 7 * 28, last_round = rest * (rest + 1) / 2;
  const auto sum = static_cast<double>(whole_rounds + last_round);
  // An even number of reflections gives x back, an odd one 1.25 - x.
  const double of_pass = (fmas - 1) % 2 == 0 ? -sum : sum - 1.25 * static_cast<double>(elements);
  return of_pass * static_cast<double>(passes);
}

Hertz clock_among(int fmas) {
  return measure_clock(HWY_DYNAMIC_DISPATCH(chain_among)(fmas));
}

Flops run_register_fmas(const double* seed, std::size_t rounds, double* result) {
  return Flops(HWY_DYNAMIC_DISPATCH(register_fmas)(seed, rounds, result) *
               static_cast<double>(rounds));
}

}  // namespace assay::memory
#endif
