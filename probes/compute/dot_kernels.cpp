// Dot products of bf16 and i8 on instruction sets that lack them, compiled once for every Highway
// target.
//
// What such code costs there: bf16 becomes two f32 FMAs and the instructions that split a pair; i8
// becomes two 16-bit multiply-adds and the same. Each accumulator multiplies an input of its own,
// loaded at every step, since a product of equal inputs would be computed once for all.
#include <array>
#include <utility>

#include "probes/compute/kernel_sets.hpp"
#include "probes/compute/physical_limit.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "probes/compute/dot_kernels.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace assay::compute {
namespace HWY_NAMESPACE {
namespace {  // two files of kernels meet in this namespace
#if HWY_TARGET != HWY_SCALAR
namespace hn = hwy::HWY_NAMESPACE;

/// Of one step: inputs of `pairs` accumulator pairs, then the same negated. Up to 2048-bit vectors.
constexpr std::size_t bytes_per_vector = 256;
constexpr int steps_per_round = 4;

struct Bf16 {
  using Lane = float;
  static constexpr const char* dtype = "bf16";
  static constexpr Accumulator accumulator = Accumulator::f32;
  static constexpr double flops_per_lane_and_pair = 4;  // two products and two sums
  static constexpr std::uint16_t plus = 0x3FC0, minus = 0xBFC0, factor = 0x3FA0;  // 1.5, -1.5, 1.25

  template <class D, class V, class U>
  static HWY_INLINE void accumulate(D d, U input, U with, V& even, V& odd) {
    const hn::Repartition<hwy::bfloat16_t, D> d16;
    even = hn::ReorderWidenMulAccumulate(d, hn::BitCast(d16, input), hn::BitCast(d16, with), even,
                                         odd);
  }
};

struct Int8 {
  using Lane = std::int32_t;
  static constexpr const char* dtype = "i8";
  static constexpr Accumulator accumulator = Accumulator::i32;
  static constexpr double flops_per_lane_and_pair = 8;  // four products and four sums
  static constexpr std::uint16_t plus = 0x0303, minus = 0xFDFD,
                                 factor = 0x0505;  // 3, -3, 5 in both bytes

  template <class D, class V, class U>
  static HWY_INLINE void accumulate(D d, U input, U with, V& even, V& odd) {
    const hn::Repartition<std::int16_t, D> d16;
    const auto a = hn::BitCast(d16, input), b = hn::BitCast(d16, with);
    const auto a_low = hn::ShiftRight<8>(hn::ShiftLeft<8>(a)),
               b_low = hn::ShiftRight<8>(hn::ShiftLeft<8>(b));
    const auto a_high = hn::ShiftRight<8>(a), b_high = hn::ShiftRight<8>(b);
    even = hn::ReorderWidenMulAccumulate(d, a_low, b_low, even, odd);
    even = hn::ReorderWidenMulAccumulate(d, a_high, b_high, even, odd);
  }
};

template <class Type, class D, class U>
HWY_INLINE void step(D, const std::uint16_t*, U) {}

/// One step of each pair, whose input lies at `inputs`, the next pair's a vector further.
template <class Type, class D, class U, class V, class... Rest>
HWY_INLINE void step(D d, const std::uint16_t* inputs, U with, V& even, V& odd, Rest&... rest) {
  const hn::Repartition<std::uint16_t, D> d16;
  Type::accumulate(d, hn::LoadU(d16, inputs), with, even, odd);
  step<Type>(d, inputs + hn::Lanes(d16), with, rest...);
}

template <class Type, class D, std::size_t... Chain, class... X>
HWY_INLINE void iterate(D d, std::index_sequence<Chain...>, const std::uint16_t* plus,
                        const std::uint16_t* minus, typename Type::Lane* finals,
                        std::uint64_t rounds, X... x) {
  const hn::Repartition<std::uint16_t, D> d16;
  const auto with = hn::Set(d16, static_cast<std::uint16_t>(Type::factor * opaque_one()));
  const std::uint64_t zero = static_cast<std::uint64_t>(opaque_one() - 1);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const std::uint64_t here = round & zero;  // always 0: keeps the loads in the loop
    step<Type>(d, plus + here, with, x...);
    step<Type>(d, minus + here, with, x...);
    step<Type>(d, plus + here, with, x...);
    step<Type>(d, minus + here, with, x...);
  }
  const std::size_t lanes = hn::Lanes(d);
  (hn::StoreU(x, d, finals + Chain * lanes), ...);
}

template <class Type, class D, std::size_t... Chain>
HWY_INLINE void load_and_iterate(D d, std::index_sequence<Chain...> chains,
                                 const std::uint16_t* plus, const std::uint16_t* minus,
                                 const typename Type::Lane* starts, typename Type::Lane* finals,
                                 std::uint64_t rounds) {
  const std::size_t lanes = hn::Lanes(d);
  iterate<Type>(d, chains, plus, minus, finals, rounds, hn::LoadU(d, starts + Chain * lanes)...);
}

template <class Type, int Pairs>
void run(const void* starts, void* finals, std::uint64_t rounds) {
  alignas(64) std::array<std::uint16_t, Pairs * bytes_per_vector / 2> plus, minus;
  plus.fill(Type::plus);
  minus.fill(Type::minus);
  keep(plus);
  keep(minus);
  load_and_iterate<Type>(hn::ScalableTag<typename Type::Lane>(),
                         std::make_index_sequence<2 * Pairs>(), plus.data(), minus.data(),
                         static_cast<const typename Type::Lane*>(starts),
                         static_cast<typename Type::Lane*>(finals), rounds);
}

template <class Type, int Pairs>
void append(std::vector<FlopKernel>& kernels) {
  const auto lanes = hn::Lanes(hn::ScalableTag<typename Type::Lane>());
  kernels.push_back(
      {.operation = Operation::dot,
       .dtype = Type::dtype,
       .isa = hwy::TargetName(HWY_TARGET),
       .native = false,
       .accumulator = Type::accumulator,
       .chains = 2 * Pairs,
       .lanes = lanes,
       .flops_per_round = Flops(steps_per_round * Pairs * Type::flops_per_lane_and_pair *
                                static_cast<double>(lanes)),
       // Of two instructions at least, which do it together.
       .limit_flops_per_cycle_per_lane =
           pipe_limit(Operation::dot, Type::flops_per_lane_and_pair / 2),
       .run = &run<Type, Pairs>});
}

void append_target(std::vector<FlopKernel>& kernels) {
  append<Bf16, 2>(kernels);
  append<Bf16, 4>(kernels);
  append<Bf16, 5>(kernels);
  append<Bf16, 6>(kernels);
  append<Int8, 2>(kernels);
  append<Int8, 4>(kernels);
  append<Int8, 6>(kernels);
  append<Int8, 8>(kernels);
}
#else
void append_target(std::vector<FlopKernel>&) {}  // a vector of one lane has no pairs
#endif

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace assay::compute
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace assay::compute {
HWY_EXPORT(append_target);

void append_emulated_dot_kernels(std::vector<FlopKernel>& kernels) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    HWY_DYNAMIC_DISPATCH(append_target)(kernels);
  }
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace assay::compute
#endif
