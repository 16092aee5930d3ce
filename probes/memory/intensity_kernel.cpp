#include "probes/memory/intensity_kernel.hpp"

#ifndef ASSAY_INTENSITY_SETS
#define ASSAY_INTENSITY_SETS
namespace assay::memory {
// Sets up to this size lie in the first caches; larger ones are prefetched so far ahead.
inline constexpr std::size_t near_elements = 32 * 1024;
inline constexpr std::size_t prefetch_elements = 512;
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

// Beyond the first caches the multiply-adds that wait for their loads fill the scheduler, and too
// few loads are in flight: lines are asked for ahead. `ahead` 0: not at all.
template <std::size_t fmas, std::size_t ahead>
double intensity(const double* a, std::size_t n, std::size_t passes) {
  const Tag d;
  const std::size_t lanes = hn::Lanes(d);
  const auto c = hn::Set(d, 1.25);
  // Four sums: each is touched once per four vectors, so its latency does not show.
  auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  const auto minus_one = hn::Set(d, -1.0);
  // One share for each round of multiply-adds: all lines at once would fill the buffers of the
  // cache.
  const auto prefetch_share = [&]([[maybe_unused]] const double* block,
                                  [[maybe_unused]] std::size_t round) HWY_ATTR {
    if constexpr (ahead > 0) {
      constexpr std::size_t line = 64 / sizeof(double);
      const std::size_t lines = ASSAY_CHAINS * lanes / line, share = (lines + fmas - 1) / fmas;
      for (std::size_t k = round * share; k < (round + 1) * share && k < lines; ++k)
        hwy::Prefetch(block + ahead + k * line);
    }
  };
  for (std::size_t pass = 0; pass < passes; ++pass) {
    for (std::size_t i = 0; i < n; i += ASSAY_CHAINS * lanes) {
#define ASSAY_LOAD(j)                         \
  auto v##j = hn::Load(d, a + i + (j)*lanes); \
  keep_in_register(v##j);
      ASSAY_EACH(ASSAY_LOAD)
#undef ASSAY_LOAD
      for (std::size_t k = 1; k < fmas; ++k) {
        prefetch_share(a + i, k);
#define ASSAY_FMA(j) v##j = hn::MulAdd(v##j, minus_one, c);
        ASSAY_EACH(ASSAY_FMA)
#undef ASSAY_FMA
      }
      prefetch_share(a + i, 0);
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
  return n > near_elements ? intensity<fmas, prefetch_elements>(a, n, passes)
                           : intensity<fmas, 0>(a, n, passes);
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

Flops run_register_fmas(const double* seed, std::size_t rounds, double* result) {
  return Flops(HWY_DYNAMIC_DISPATCH(register_fmas)(seed, rounds, result) *
               static_cast<double>(rounds));
}

}  // namespace assay::memory
#endif
