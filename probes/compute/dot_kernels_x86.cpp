// Dot products that x86 has instructions for and this Highway has not: AVX512_BF16, AVX512_VNNI,
// AVX_VNNI.
#include "probes/compute/kernel_sets.hpp"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#include <utility>

#include "hwy/base.h"
#include "probes/compute/physical_limit.hpp"

namespace assay::compute {
namespace {

constexpr int steps_per_round = 4;  // + - + -

/// Feature bits of CPUID leaf 7, subleaf 1, register EAX.
constexpr unsigned avx_vnni_bit = 1U << 4, avx512_bf16_bit = 1U << 5;
bool has_leaf_7_1(unsigned bit) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & bit) != 0;
}

FlopKernel kernel(const char* dtype, const char* isa, Accumulator accumulator, int chains,
                  std::size_t lanes, double flops_per_lane,
                  void (*run)(const void*, void*, std::uint64_t), AdditionChain clock_chain) {
  return {.operation = Operation::dot,
          .dtype = dtype,
          .isa = isa,
          .native = true,
          .accumulator = accumulator,
          .chains = chains,
          .lanes = lanes,
          .flops_per_round =
              Flops(steps_per_round * chains * flops_per_lane * static_cast<double>(lanes)),
          .limit_flops_per_cycle_per_lane = pipe_limit(Operation::dot, flops_per_lane),
          .run = run,
          .clock_chain = clock_chain};
}

}  // namespace

HWY_PUSH_ATTRIBUTES("avx512f,avx512bw,avx512vl,avx512bf16")
namespace avx512_bf16 {
namespace {
struct Inputs {
  using Lane = float;
  static constexpr std::size_t lanes = 16;
  static constexpr const char* dtype = "bf16";
  static constexpr const char* isa = "AVX512_BF16";
  static constexpr Accumulator accumulator = Accumulator::f32;
  static constexpr double flops_per_lane = 4;  // two products, two sums
  static HWY_INLINE __m512 load(const float* at) { return _mm512_loadu_ps(at); }
  static HWY_INLINE void store(float* at, __m512 x) { _mm512_storeu_ps(at, x); }
  // Pairs of 1.5, -1.5 and 1.25.
  __m512bh plus, minus, with;
  HWY_INLINE Inputs() : plus(all(0x3FC0)), minus(all(0xBFC0)), with(all(0x3FA0)) {}
  static HWY_INLINE __m512bh all(int bits) {
    return reinterpret_cast<__m512bh>(_mm512_set1_epi16(static_cast<short>(bits * opaque_one())));
  }
  HWY_INLINE __m512 add(__m512 x) const { return _mm512_dpbf16_ps(x, plus, with); }
  HWY_INLINE __m512 subtract(__m512 x) const { return _mm512_dpbf16_ps(x, minus, with); }
};
#include "probes/compute/dot_kernel_set.inc"
}  // namespace
}  // namespace avx512_bf16
HWY_POP_ATTRIBUTES

HWY_PUSH_ATTRIBUTES("avx512f,avx512bw,avx512vl,avx512vnni")
namespace avx512_vnni {
namespace {
struct Inputs {
  using Lane = std::int32_t;
  static constexpr std::size_t lanes = 16;
  static constexpr const char* dtype = "i8";
  static constexpr const char* isa = "AVX512_VNNI";
  static constexpr Accumulator accumulator = Accumulator::i32;
  static constexpr double flops_per_lane = 8;  // four products, four sums
  static HWY_INLINE __m512i load(const Lane* at) { return _mm512_loadu_si512(at); }
  static HWY_INLINE void store(Lane* at, __m512i x) { _mm512_storeu_si512(at, x); }
  __m512i factor, plus, minus;
  HWY_INLINE Inputs() : factor(all(3)), plus(all(5)), minus(all(-5)) {}
  static HWY_INLINE __m512i all(int byte) {
    return _mm512_set1_epi8(static_cast<char>(byte * opaque_one()));
  }
  HWY_INLINE __m512i add(__m512i x) const { return _mm512_dpbusd_epi32(x, factor, plus); }
  HWY_INLINE __m512i subtract(__m512i x) const { return _mm512_dpbusd_epi32(x, factor, minus); }
};
#include "probes/compute/dot_kernel_set.inc"
}  // namespace
}  // namespace avx512_vnni
HWY_POP_ATTRIBUTES

HWY_PUSH_ATTRIBUTES("avx2,avxvnni")
namespace avx_vnni {
namespace {
struct Inputs {
  using Lane = std::int32_t;
  static constexpr std::size_t lanes = 8;
  static constexpr const char* dtype = "i8";
  static constexpr const char* isa = "AVX_VNNI";
  static constexpr Accumulator accumulator = Accumulator::i32;
  static constexpr double flops_per_lane = 8;
  static HWY_INLINE __m256i load(const Lane* at) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  }
  static HWY_INLINE void store(Lane* at, __m256i x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), x);
  }
  __m256i factor, plus, minus;
  HWY_INLINE Inputs() : factor(all(3)), plus(all(5)), minus(all(-5)) {}
  static HWY_INLINE __m256i all(int byte) {
    return _mm256_set1_epi8(static_cast<char>(byte * opaque_one()));
  }
  HWY_INLINE __m256i add(__m256i x) const { return _mm256_dpbusd_avx_epi32(x, factor, plus); }
  HWY_INLINE __m256i subtract(__m256i x) const { return _mm256_dpbusd_avx_epi32(x, factor, minus); }
};
#include "probes/compute/dot_kernel_set.inc"
}  // namespace
}  // namespace avx_vnni
HWY_POP_ATTRIBUTES

void append_native_dot_kernels(std::vector<FlopKernel>& kernels) {
  using Many = std::integer_sequence<int, 8, 10, 12, 16, 24>;
  using Few = std::integer_sequence<int, 6, 8, 10, 12>;
  // The builtins also ask whether the operating system keeps these registers.
  const bool avx512 = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  if (avx512 && has_leaf_7_1(avx512_bf16_bit)) avx512_bf16::append(kernels, Many());
  if (avx512 && __builtin_cpu_supports("avx512vnni")) avx512_vnni::append(kernels, Many());
  if (__builtin_cpu_supports("avx2") && has_leaf_7_1(avx_vnni_bit))
    avx_vnni::append(kernels, Few());
}

}  // namespace assay::compute

#else

namespace assay::compute {
void append_native_dot_kernels(std::vector<FlopKernel>&) {}
}  // namespace assay::compute

#endif
